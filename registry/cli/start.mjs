// npm start: the main job. Builds when the build is absent or older than the source, then serves.
import { spawn, spawnSync } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '../..');

if (newestSource() > builtAt()) {
  process.stderr.write('Building Berth ...\n');
  const { status } = spawnSync('npm', ['run', '--silent', 'build', '--', '--logLevel', 'warn'], {
    cwd: root,
    stdio: ['ignore', process.stderr, process.stderr],
    shell: process.platform === 'win32',
  });
  if (status !== 0) process.exit(status ?? 1);
}

process.stderr.write('Serving headless: the desktop app is not part of this version yet.\n');
const server = spawn(
  process.execPath,
  [join(root, 'registry/cli/bin.cjs'), 'serve', ...process.argv.slice(2)],
  { stdio: 'inherit' },
);
for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => server.kill(signal));
server.on('exit', (code) => process.exit(code ?? 1));

function builtAt() {
  return statSync(join(root, 'dist/berth.js'), { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

function newestSource() {
  const files = readdirSync(join(root, 'registry'), { recursive: true, withFileTypes: true });
  const times = files
    .filter((file) => file.isFile())
    .map((file) => statSync(join(file.parentPath, file.name)).mtimeMs);
  const settings = ['package.json', 'vite.config.ts'].map((name) => statSync(join(root, name)).mtimeMs);
  return Math.max(...times, ...settings);
}
