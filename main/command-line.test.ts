import { beforeEach, describe, expect, it, vi } from 'vitest';
import { argumentsAnew } from './command-line.ts';

const app = vi.hoisted(() => ({ isPackaged: true, getAppPath: () => '/src/berth' }));
vi.mock('electron', () => ({ app }));

describe('argumentsAnew', () => {
  beforeEach(() => void (app.isPackaged = true));

  it('keeps the switches, and neither files of before nor the hiding of a start at login', () => {
    const argv = ['/usr/bin/berth', '--hidden', '--ozone-platform=wayland', '/home/me/old.tar'];
    expect(argumentsAnew(['/home/me/new.tar'], argv)).toEqual([
      '--ozone-platform=wayland',
      '/home/me/new.tar',
    ]);
  });

  it('names the folder of the app in development, with what Electron was told before it', () => {
    app.isPackaged = false;
    const argv = ['electron', '-r', '/src/recorder.cjs', '/src/berth', 'old.tar', '--user-data-dir=/data'];
    expect(argumentsAnew(['/home/me/new.tar'], argv)).toEqual([
      '-r',
      '/src/recorder.cjs',
      '/src/berth',
      '--user-data-dir=/data',
      '/home/me/new.tar',
    ]);
  });
});
