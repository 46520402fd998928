import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createWorkspace, type Workspace } from '../test/clients/workspace.ts';
import { Autostart } from './autostart.ts';

describe('Autostart', () => {
  let workspace: Workspace;
  let path: string;
  let autostart: Autostart;

  beforeEach(() => {
    workspace = createWorkspace('autostart');
    path = join(workspace.path, 'autostart/berth.desktop');
    autostart = new Autostart(path, ['/opt/Berth/berth', '--hidden']);
  });
  afterEach(() => workspace.remove());

  function given(entry: string): void {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, entry);
  }

  it('is off without a file', async () => {
    expect(await autostart.isOn()).toBe(false);
  });

  it('is turned on and off', async () => {
    await autostart.turn(true);
    expect(await autostart.isOn()).toBe(true);
    expect(readFileSync(path, 'utf8')).toContain('\nExec="/opt/Berth/berth" "--hidden"\n');
    await autostart.turn(false);
    expect(await autostart.isOn()).toBe(false);
    await autostart.turn(false);
  });

  it.each(['Hidden=true', 'X-GNOME-Autostart-enabled=false'])(
    'is off where a desktop wrote %s',
    async (line) => {
      await autostart.turn(true);
      const entry = readFileSync(path, 'utf8').replace('X-GNOME-Autostart-enabled=true', line);
      given(entry);
      expect(await autostart.isOn()).toBe(false);
      await autostart.refresh();
      expect(readFileSync(path, 'utf8')).toBe(entry);
    },
  );

  it('follows the program to another place', async () => {
    await new Autostart(path, ['/home/a/Berth-0.1.0.AppImage', '--hidden']).turn(true);
    await new Autostart(path, ['/home/a/Berth-0.2.0.AppImage', '--hidden']).refresh();
    expect(readFileSync(path, 'utf8')).toContain('Berth-0.2.0.AppImage');
  });

  it('is not turned on by a look at it', async () => {
    await autostart.refresh();
    expect(await autostart.isOn()).toBe(false);
  });

  it('quotes what means something to a desktop', async () => {
    await new Autostart(path, ['/a "b" $c `d` 100%\\', '--hidden']).turn(true);
    expect(readFileSync(path, 'utf8')).toContain(
      'Exec="/a \\\\"b\\\\" \\\\$c \\\\`d\\\\` 100%%\\\\\\\\" "--hidden"\n',
    );
  });

  it('says why when it cannot be read', async () => {
    mkdirSync(path, { recursive: true });
    await expect(autostart.isOn()).rejects.toThrow('EISDIR');
  });
});
