import { describe, expect, it, vi } from 'vitest';
import { plain } from './notifications.ts';

vi.mock('electron', () => ({ Notification: vi.fn() }));

describe('plain', () => {
  it('is no markup to desktops of Linux, and the text itself elsewhere', () => {
    const name = '<img src="http://x/">&Co.tar';
    expect(plain(name, 'linux')).toBe('&lt;img src="http://x/"&gt;&amp;Co.tar');
    expect(plain(name, 'darwin')).toBe(name);
  });

  it('is cut where nobody would read on', () => {
    expect(plain('x'.repeat(4000), 'win32')).toBe(`${'x'.repeat(299)}…`);
  });
});
