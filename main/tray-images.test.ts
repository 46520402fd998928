import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { FRAMES, trayFile } from './tray-images.ts';

const folder = join(import.meta.dirname, '../resources/tray');

describe('trayFile', () => {
  it.each(['darwin', 'win32', 'linux'] as const)('names a drawing that is there, for %s', (platform) => {
    for (const drawing of Object.values(FRAMES).flat()) {
      for (const isTaskbarDark of [true, false]) {
        const file = trayFile(drawing, platform, isTaskbarDark);
        expect(existsSync(join(folder, file)), file).toBe(true);
      }
    }
  });

  it('has a finer drawing for the displays of macOS', () => {
    const files = Object.values(FRAMES).flat();
    const fine = files.map((drawing) => trayFile(drawing, 'darwin', false).replace('.png', '@2x.png'));
    for (const file of fine) expect(existsSync(join(folder, file)), file).toBe(true);
  });

  it('follows the taskbar of Windows, and not what the window looks like', () => {
    expect(trayFile('running', 'win32', true)).toBe('running-dark.ico');
    expect(trayFile('running', 'win32', false)).toBe('running-light.ico');
  });
});
