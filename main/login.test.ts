import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Log } from '../registry/index.ts';
import { followStartAtLogin } from './login.ts';
import { SettingsFile } from './settings.ts';

vi.mock('electron', () => ({
  app: { isPackaged: true, getAppPath: () => '/app', getPath: () => '/nowhere' },
}));

describe.skipIf(process.platform !== 'linux')('start at login', () => {
  let folder: string;
  let settings: SettingsFile;
  const entry = (): string => join(folder, 'autostart/berth.desktop');
  const log = { error: vi.fn() };

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'berth-login-'));
    vi.stubEnv('XDG_CONFIG_HOME', folder);
    settings = await SettingsFile.open(folder);
  });
  afterEach(() => {
    vi.unstubAllEnvs();
    rmSync(folder, { recursive: true });
  });

  it('is what was wanted last, however fast that was', async () => {
    await followStartAtLogin(settings, log as unknown as Log);
    for (const startAtLogin of [true, false, true, false, true]) await settings.change({ startAtLogin });
    await vi.waitFor(() => expect(existsSync(entry())).toBe(true));
    await settings.change({ startAtLogin: false });
    await vi.waitFor(() => expect(existsSync(entry())).toBe(false));
  });

  it('is off in the settings where the system did not take it', async () => {
    writeFileSync(join(folder, 'autostart'), 'this is a file');
    await followStartAtLogin(settings, log as unknown as Log);
    await settings.change({ startAtLogin: true });
    await vi.waitFor(() => expect(settings.current.startAtLogin).toBe(false));
    expect(log.error).toHaveBeenCalledWith('the system did not take the start at login', expect.anything());
  });
});
