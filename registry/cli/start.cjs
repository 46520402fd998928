// npm start: the main job. Builds when the build is absent or older than the source, then serves, in this
// very process: a Ctrl-C in the terminal reaches every process of the group, and should reach one.
'use strict';

const { spawnSync } = require('node:child_process');
const { existsSync, readdirSync, statSync } = require('node:fs');
const { join, resolve } = require('node:path');

const root = resolve(__dirname, '../..');

if (newestSource() > builtAt()) {
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

process.stderr.write('Serving headless: the desktop app is not part of this version yet.\n');
process.argv.splice(2, 0, 'serve');
require('./bin.cjs');

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
