// Preloaded into a server under test: makes its file calls fail. The file that BERTH_TEST_FAULTS names says
// how, as `EIO write`, `EIO read` or both, and may be changed at any time; only BERTH_TEST_FOLDER is touched.
const fs = require('node:fs');
const { syncBuiltinESMExports } = require('node:module');

const { readFileSync, promises } = fs;
const { open } = promises;
const folder = process.env.BERTH_TEST_FOLDER;
const paths = new WeakMap();

function failing(kind, path) {
  if (!String(path).startsWith(folder)) return undefined;
  const [code, ...kinds] = readFileSync(process.env.BERTH_TEST_FAULTS, 'utf8').trim().split(' ');
  if (!kinds.includes(kind)) return undefined;
  return Object.assign(new Error(`${code}: injected, ${kind} '${path}'`), { code, path });
}

function patch(object, names, kind, pathOf) {
  for (const name of names) {
    const original = object[name];
    object[name] = async function patched(...args) {
      const error = failing(kind, pathOf(this, args));
      if (error !== undefined) throw error;
      return await original.apply(this, args);
    };
  }
}

promises.open = async (path, flags = 'r', ...rest) => {
  const error = failing(flags === 'r' ? 'read' : 'write', path);
  if (error !== undefined) throw error;
  const handle = await open(path, flags, ...rest);
  paths.set(handle, path);
  return handle;
};
const firstPath = (_this, [path]) => path;
patch(promises, ['mkdir', 'rename', 'rm', 'unlink', 'truncate', 'chmod', 'writeFile'], 'write', firstPath);
patch(promises, ['readFile', 'stat', 'readdir'], 'read', firstPath);
syncBuiltinESMExports();

async function patchHandles() {
  const handle = await open('/dev/null');
  const prototype = Object.getPrototypeOf(handle);
  await handle.close();
  const ownPath = (self) => paths.get(self) ?? '';
  patch(prototype, ['write', 'writev', 'truncate', 'sync', 'datasync'], 'write', ownPath);
  patch(prototype, ['read', 'readFile'], 'read', ownPath);
}

void patchHandles();
