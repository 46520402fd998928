// Stands between Berth and node:fs/promises, so that the product needs no hook of its own: every call that
// concerns the data folder is described and handed to an observer, which decides what becomes of it.
'use strict';

const fs = require('node:fs');
const promises = require('node:fs/promises');
const { syncBuiltinESMExports } = require('node:module');
const { resolve, sep } = require('node:path');

/**
 * @typedef {object} Call
 * @property {string} name `rename`, or `file.writev` for the method of an open file
 * @property {string} path
 * @property {string} [to] where `rename`, `link` and `copyFile` lead to
 * @property {boolean} changes whether the file system is different afterwards, or durable
 * @property {boolean} grows whether it needs room on the disk
 * @property {Buffer} [bytes] what a write brings
 * @property {number} [position] where in the file; the end of the last write if absent
 * @property {any} [file] the FileHandle of a method
 * @property {string | number} [flags] of `open`
 * @property {number} [length] of `truncate`
 */

/** path functions: [changes, grows] */
const FUNCTIONS = {
  access: [false, false],
  stat: [false, false],
  lstat: [false, false],
  statfs: [false, false],
  readFile: [false, false],
  readdir: [false, false],
  opendir: [false, false],
  mkdir: [true, true],
  rename: [true, false],
  unlink: [true, false],
  rm: [true, false],
  rmdir: [true, false],
  truncate: [true, false],
  chmod: [true, false],
  utimes: [true, false],
  link: [true, true],
  symlink: [true, true],
  copyFile: [true, true],
  writeFile: [true, true],
  appendFile: [true, true],
};

/** methods of FileHandle: [changes, grows] */
const METHODS = {
  stat: [false, false],
  read: [false, false],
  readv: [false, false],
  readFile: [false, false],
  write: [true, true],
  writev: [true, true],
  writeFile: [true, true],
  appendFile: [true, true],
  truncate: [true, false],
  datasync: [true, false],
  sync: [true, false],
  chmod: [true, false],
  utimes: [true, false],
};

/** @type {WeakMap<object, string>} the path of each open file below the folder */
const paths = new WeakMap();

/**
 * @param {string} folder calls that concern paths outside of it are left alone
 * @param {(call: Call, perform: () => Promise<any>) => Promise<any>} observer
 */
function interceptCalls(folder, observer) {
  const isInside = (path) => path === folder || path.startsWith(folder + sep);
  const pathOf = (path) => (typeof path === 'string' || Buffer.isBuffer(path) ? resolve(String(path)) : '');

  for (const [name, [changes, grows]] of Object.entries(FUNCTIONS)) {
    const original = promises[name];
    promises[name] = function (path, ...rest) {
      const perform = () => original.call(promises, path, ...rest);
      const from = pathOf(path);
      if (!isInside(from)) return perform();
      return observer({ name, path: from, changes, grows, ...argumentsOf(name, rest) }, perform);
    };
  }

  const open = promises.open;
  promises.open = async function (path, flags, mode) {
    const perform = () => open.call(promises, path, flags, mode);
    const at = pathOf(path);
    if (!isInside(at)) return await perform();
    const creates = mayCreate(flags);
    const file = await observer({ name: 'open', path: at, flags, changes: creates, grows: creates }, perform);
    paths.set(file, at);
    wrapMethods(Object.getPrototypeOf(file), observer);
    return file;
  };
  syncBuiltinESMExports();
}

let areMethodsWrapped = false;

/** The class is not exported; the first open file shows it. */
function wrapMethods(prototype, observer) {
  if (areMethodsWrapped) return;
  areMethodsWrapped = true;
  for (const [name, [changes, grows]] of Object.entries(METHODS)) {
    const original = prototype[name];
    prototype[name] = function (...rest) {
      const perform = () => original.apply(this, rest);
      const path = paths.get(this);
      if (path === undefined) return perform();
      const call = { name: `file.${name}`, path, changes, grows, file: this };
      return observer({ ...call, ...argumentsOf(`file.${name}`, rest) }, perform);
    };
  }
}

function mayCreate(flags) {
  if (typeof flags === 'number') return (flags & (fs.constants.O_CREAT | fs.constants.O_TRUNC)) !== 0;
  return typeof flags === 'string' && /[wa]/.test(flags);
}

function argumentsOf(name, rest) {
  switch (name) {
    case 'rename':
    case 'link':
    case 'copyFile':
      return { to: resolve(String(rest[0])) };
    case 'writeFile':
    case 'file.writeFile':
    case 'file.appendFile':
      return { bytes: toBytes(rest[0]) };
    case 'truncate':
    case 'file.truncate':
      return { length: rest[0] ?? 0 };
    case 'file.writev':
      return { bytes: Buffer.concat(rest[0].map(toBytes)), position: rest[1] ?? undefined };
    case 'file.write':
      return writeArguments(rest);
    default:
      return {};
  }
}

/** write(buffer, offset, length, position), write(buffer, { offset, length, position }), write(text, position) */
function writeArguments([data, second, length, position]) {
  if (typeof data === 'string') return { bytes: Buffer.from(data), position: second ?? undefined };
  const options =
    typeof second === 'object' && second !== null ? second : { offset: second, length, position };
  const start = options.offset ?? 0;
  const end = options.length === undefined || options.length === null ? undefined : start + options.length;
  return { bytes: toBytes(data).subarray(start, end), position: options.position ?? undefined };
}

function toBytes(data) {
  if (typeof data === 'string') return Buffer.from(data);
  return ArrayBuffer.isView(data)
    ? Buffer.from(data.buffer, data.byteOffset, data.byteLength)
    : Buffer.alloc(0);
}

module.exports = { interceptCalls };
