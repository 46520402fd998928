import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, relative, resolve } from 'node:path';
import { promisify } from 'node:util';
import { createPackage, extractAll } from '@electron/asar';
import { FuseV1Options, getCurrentFuseWire } from '@electron/fuses';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { get } from './clients/http.ts';
import { describeWith } from './clients/tools.ts';
import { until } from './clients/until.ts';
import { createWorkspace } from './clients/workspace.ts';
import { Desktop, describeDesktop } from './desktop/desktop.ts';

const root = resolve(import.meta.dirname, '..');
const run = promisify(execFile);
const require = createRequire(import.meta.url);

/** What stands for a fuse that is on. */
const ON = '1'.charCodeAt(0);

/** Every file below a folder, by its path in there. */
function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .toSorted();
}

describe('electron-builder.yml', () => {
  const { load } = require('js-yaml') as { load(text: string): Record<string, unknown> };
  // electron-builder has no command that only checks: this is what it checks with.
  const { validateConfiguration } = require('app-builder-lib/out/util/config/config') as {
    validateConfiguration(configuration: unknown, log: unknown): Promise<void>;
  };
  const { DebugLogger } = require('builder-util') as { DebugLogger: new (isEnabled: boolean) => unknown };
  const configuration = load(readFileSync(join(root, 'electron-builder.yml'), 'utf8'));

  it('is a configuration that electron-builder takes', async () => {
    await validateConfiguration(configuration, new DebugLogger(false));
  });

  it('would be refused with a key that does not exist', async () => {
    const wrong = { ...configuration, electronFuzes: {} };
    await expect(validateConfiguration(wrong, new DebugLogger(false))).rejects.toThrow(/electronFuzes/);
  });

  it('names the version of Electron that is installed', () => {
    const { version } = require('electron/package.json') as { version: string };
    expect(configuration['electronVersion']).toBe(version);
  });

  it('has the name by which the app tells Windows who it is', () => {
    const introduction = readFileSync(join(root, 'main/introduce.ts'), 'utf8');
    expect(introduction).toContain(`const APP_ID = '${String(configuration['appId'])}';`);
  });

  it('says what no deb is made without', () => {
    const { homepage } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { homepage: string };
    expect(new URL(homepage).protocol).toBe('https:');
    expect(configuration['linux']).toHaveProperty('maintainer', expect.stringMatching(/^.+ <\S+@\S+>$/));
  });

  it('names icons that are there', () => {
    const platforms = ['mac', 'win', 'linux'].map((name) => configuration[name] as { icon: string });
    for (const { icon } of platforms) expect(existsSync(join(root, icon)), icon).toBe(true);
  });
});

describeWith(['makensis'], 'installer.nsh', () => {
  it('is what NSIS understands, without a warning', async () => {
    const workspace = createWorkspace('installer');
    // As much of electron-builder's own script as it leans on.
    const script = workspace.file(
      'installer.nsi',
      `Unicode true
      OutFile "${join(workspace.path, 'installer.exe')}"
      Var appExe
      !include "${join(root, 'resources/installer.nsh')}"
      Section
        SetShellVarContext current
        StrCpy $appExe "$INSTDIR\\Berth.exe"
        !insertmacro customInstall
        WriteUninstaller "$INSTDIR\\uninstall.exe"
      SectionEnd
      Section Uninstall
        !insertmacro customUnInstall
      SectionEnd`,
    );
    await run('makensis', ['-V2', '-WX', '-DSHELL_CONTEXT=SHCTX', script]);
    workspace.remove();
  });
});

describeDesktop('the packaged app', () => {
  const workspace = createWorkspace('package');
  const packed = workspace.folder('extracted');
  const output = workspace.folder('release');
  let desktop: Desktop | undefined;

  beforeAll(async () => {
    const dist = await stubElectron(workspace.folder('electron'));
    const builder = join(root, 'node_modules/electron-builder/cli.js');
    const settings = [`-c.electronDist=${dist}`, `-c.directories.output=${output}`];
    await run(process.execPath, [builder, '--linux', 'dir', '--x64', '--publish', 'never', ...settings], {
      cwd: root,
    });
    extractAll(join(output, 'linux-unpacked/resources/app.asar'), packed);
  });
  afterAll(async () => {
    await desktop?.dispose();
    workspace.remove();
  });

  it('has the files of the build that it needs, and no others', () => {
    const built = filesIn(join(root, 'dist'))
      .filter((path) => !path.endsWith('.map') && path !== 'berth.js')
      .map((path) => `dist/${path}`);
    const images = filesIn(join(root, 'resources/tray'))
      .filter((path) => !path.endsWith('.svg'))
      .map((path) => `resources/tray/${path}`);
    const icon = 'resources/icons/256x256.png';
    expect(filesIn(packed)).toEqual([...built, 'package.json', icon, ...images].toSorted());
  });

  it('has its fuses blown: no Node, no inspector, nothing but the archive', async () => {
    const fuses = await getCurrentFuseWire(join(output, 'linux-unpacked/berth'));
    const isOn = (fuse: FuseV1Options): boolean => Number(fuses[fuse]) === ON;
    expect(isOn(FuseV1Options.RunAsNode)).toBe(false);
    expect(isOn(FuseV1Options.EnableNodeOptionsEnvironmentVariable)).toBe(false);
    expect(isOn(FuseV1Options.EnableNodeCliInspectArguments)).toBe(false);
    expect(isOn(FuseV1Options.GrantFileProtocolExtraPrivileges)).toBe(false);
    expect(isOn(FuseV1Options.EnableCookieEncryption)).toBe(true);
    expect(isOn(FuseV1Options.EnableEmbeddedAsarIntegrityValidation)).toBe(true);
    expect(isOn(FuseV1Options.OnlyLoadAppFromAsar)).toBe(true);
  });

  it('says nothing about how it was made', () => {
    const members = JSON.parse(readFileSync(join(packed, 'package.json'), 'utf8')) as object;
    expect(members).not.toHaveProperty('devDependencies');
    expect(members).not.toHaveProperty('scripts');
  });

  it('runs from exactly those files', async () => {
    // Out of reach of the checkout, and of what is installed there.
    desktop = await Desktop.start({ app: packed });
    const page = await desktop.page();
    expect((await get(desktop.registry, '/v2/')).status).toBe(200);
    expect(await page.title()).toContain('Berth');
    await until('the page shows something', async () => (await page.locator('body').innerText()).length > 0);
  });
});

/** As much of Electron as packaging looks at; what nobody here can download is the program itself. */
async function stubElectron(folder: string): Promise<string> {
  const electron = join(root, 'node_modules/electron');
  const { version } = require('electron/package.json') as { version: string };
  // Behind this mark and two bytes of its own, Electron has a digit for each fuse.
  const fuses = Buffer.from('dL7pKGdnNz796PbbjQWNKmHXBZaB9tsX\u0001\u0009101100010');
  writeFileSync(join(folder, 'electron'), fuses, { mode: 0o755 });
  writeFileSync(join(folder, 'version'), version);
  writeFileSync(join(folder, 'LICENSES.chromium.html'), '');
  cpSync(join(electron, 'LICENSE'), join(folder, 'LICENSE'));
  mkdirSync(join(folder, 'resources'));
  const app = join(folder, 'default_app');
  mkdirSync(app);
  writeFileSync(join(app, 'main.js'), '');
  await createPackage(app, join(folder, 'resources/default_app.asar'));
  rmSync(app, { recursive: true });
  return folder;
}
