import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Job } from '../registry/api/contract.ts';
import { Notifications, plain } from './notifications.ts';
import type { SettingsFile } from './settings.ts';

const shown = vi.hoisted(() => [] as string[]);
vi.mock('electron', async () => {
  const { EventEmitter } = await import('node:events');
  return {
    Notification: class extends EventEmitter {
      static isSupported = (): boolean => true;
      readonly #text: string;
      constructor({ title, body }: { title: string; body: string }) {
        super();
        this.#text = `${title}: ${body}`;
      }
      show(): void {
        shown.push(this.#text);
      }
    },
  };
});

const current = { notifications: true };
let notifications: Notifications;

beforeEach(() => {
  vi.useFakeTimers();
  shown.length = 0;
  current.notifications = true;
  notifications = new Notifications({ current } as unknown as SettingsFile, () => undefined);
});
afterEach(() => void vi.useRealTimers());

const arrive = (...repositories: string[]): void => {
  for (const repository of repositories) notifications.arrived({ repository, reference: 'v1' });
};

describe('images that arrive', () => {
  it('are told at once, and what follows together', () => {
    arrive('one', 'two', 'three');
    expect(shown).toEqual(['Image arrived: one:v1']);
    vi.advanceTimersByTime(2000);
    expect(shown.slice(1)).toEqual(['2 images arrived: two:v1, three:v1']);
    vi.advanceTimersByTime(2000);
    arrive('four');
    expect(shown.slice(2)).toEqual(['Image arrived: four:v1']);
  });
});

describe('while they are turned off', () => {
  it('nothing is told, then or later', () => {
    current.notifications = false;
    arrive('quiet', 'silent');
    notifications.ended({ kind: 'reclaim', state: 'failed', error: 'The disk is full.' } as Job);
    vi.advanceTimersByTime(10_000);
    current.notifications = true;
    arrive('loud');
    expect(shown).toEqual(['Image arrived: loud:v1']);
  });
});

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
