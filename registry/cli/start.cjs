// npm start: the main job. Builds when the build is absent or older than the source. Then it opens the desktop app
// where Electron is installed, and serves headless where it is not: in this very process, because a Ctrl-C in the
// terminal reaches every process of the group, and should reach one.
'use strict';

const { spawn, spawnSync } = require('node:child_process');
const { existsSync, readdirSync, readFileSync, statSync } = require('node:fs');
const { join, resolve } = require('node:path');

const root = resolve(__dirname, '../..');

build();
const electron = findElectron();
const reason = whyHeadless();
if (reason === undefined) openApp();
else {
  process.stderr.write(`Serving headless: ${reason}.\n`);
  process.argv.splice(2, 0, 'serve');
  require('./bin.cjs');
}

function build() {
  if (newestSource() <= builtAt()) return;
  if (!existsSync(join(root, 'node_modules/vite'))) {
    process.stderr.write('Berth is not installed yet. Run "npm ci" first.\n');
    process.exit(1);
  }
  process.stderr.write('Building Berth ...\n');
  const { status } = spawnSync('npm', ['run', '--silent', 'build', '--', '--logLevel', 'warn'], {
    cwd: root,
    stdio: ['ignore', process.stderr, process.stderr],
    shell: process.platform === 'win32',
  });
  if (status !== 0) process.exit(status ?? 1);
}

/** The window is built last. */
function builtAt() {
  return statSync(join(root, 'dist/window/index.html'), { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

function newestSource() {
  const files = ['registry', 'main', 'renderer'].flatMap((room) =>
    readdirSync(join(root, room), { recursive: true, withFileTypes: true }),
  );
  const times = files
    // Below renderer/ a test runner keeps what it found out.
    .filter((file) => file.isFile() && !file.parentPath.includes('node_modules'))
    .map((file) => statSync(join(file.parentPath, file.name)).mtimeMs);
  const settings = ['package.json', 'vite.config.ts'].map((name) => statSync(join(root, name)).mtimeMs);
  return Math.max(...times, ...settings);
}

/** Its program, if it is there: to ask for it by its module would download it. */
function findElectron() {
  const folder = join(root, 'node_modules/electron');
  const pathFile = join(folder, 'path.txt');
  const name = existsSync(pathFile) ? readFileSync(pathFile, 'utf8') : 'electron';
  const path = join(process.env.ELECTRON_OVERRIDE_DIST_PATH ?? join(folder, 'dist'), name);
  return existsSync(path) ? path : undefined;
}

/** Undefined where the app can be opened. */
function whyHeadless() {
  if (process.argv.length > 2) return 'the desktop app takes no options of "berth serve"';
  if (electron === undefined)
    return 'Electron is not here. "npx install-electron" fetches it for the desktop app';
  const { DISPLAY, WAYLAND_DISPLAY } = process.env;
  if (process.platform === 'linux' && !DISPLAY && !WAYLAND_DISPLAY) return 'there is no display';
  return undefined;
}

function openApp() {
  const app = spawn(electron, [root], { stdio: 'inherit' });
  // It gets what the terminal sends by itself, and ends in its own good time.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => app.kill(signal));
  app.on('error', (error) => {
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  });
  app.on('exit', (status) => process.exit(status ?? 1));
}
