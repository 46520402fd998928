// Remembers what a power failure could still take back: names that no sync of their folder has covered, and
// bytes that no sync of their file has. kill -9 alone never shows a missing fsync, for the kernel goes on.
// power-cut.mjs reads the log when the process is dead.
'use strict';

const fs = require('node:fs');
const { randomUUID } = require('node:crypto');
const { join } = require('node:path');

class PowerLog {
  #log;
  #limbo;
  /** Where the next write without a position goes. @type {WeakMap<object, number>} */
  #ends = new WeakMap();

  /** @param {string} directory beside the data folder, on the same file system: replaced files are kept there */
  constructor(directory) {
    this.#limbo = directory;
    this.#log = fs.openSync(join(directory, 'log'), 'a');
  }

  /** @param {import('./calls.cjs').Call} call */
  async record(call, perform) {
    switch (call.name) {
      case 'open':
        return await this.#open(call, perform);
      case 'mkdir':
        return await this.#after(perform, () => ({ op: 'mkdir', path: call.path }));
      case 'rename':
        return await this.#rename(call, perform);
      case 'unlink':
      case 'rm':
        return await this.#remove(call, perform);
      case 'truncate':
      case 'file.truncate':
        return await this.#truncate(call, perform);
      case 'writeFile':
        return await this.#writeFile(call, perform);
      case 'file.write':
      case 'file.writev':
      case 'file.writeFile':
        return await this.#write(call, perform);
      case 'file.datasync':
      case 'file.sync':
        return await this.#sync(call, perform);
      default:
        return await perform();
    }
  }

  async #open(call, perform) {
    const before = statOf(call.path);
    const empties = before !== undefined && before.size > 0 && /w/.test(String(call.flags));
    const saved = empties ? this.#copy(call.path) : undefined;
    const file = await perform();
    const { ino } = fs.fstatSync(file.fd);
    this.#ends.set(file, 0);
    if (before === undefined) this.#note({ op: 'create', path: call.path, ino });
    else if (saved !== undefined) this.#note({ op: 'truncate', ino, at: 0, saved });
    return file;
  }

  async #rename(call, perform) {
    const { ino } = fs.statSync(call.path);
    const replaced = this.#link(call.to);
    return await this.#after(perform, () => ({ op: 'rename', path: call.path, to: call.to, ino, replaced }));
  }

  async #remove(call, perform) {
    const isFile = statOf(call.path)?.isFile() ?? false;
    const saved = isFile ? this.#link(call.path) : undefined;
    return await this.#after(perform, () => (isFile ? { op: 'remove', path: call.path, saved } : undefined));
  }

  async #truncate(call, perform) {
    const { ino, size } = fs.statSync(call.path);
    const saved = size > call.length ? this.#copy(call.path) : undefined;
    return await this.#after(perform, () =>
      saved === undefined ? undefined : { op: 'truncate', ino, at: call.length, saved },
    );
  }

  async #writeFile(call, perform) {
    const before = statOf(call.path);
    const saved = before === undefined ? undefined : this.#copy(call.path);
    const result = await perform();
    const { ino } = fs.statSync(call.path);
    if (before === undefined) this.#note({ op: 'create', path: call.path, ino });
    else this.#note({ op: 'truncate', ino, at: 0, saved });
    this.#note({ op: 'write', ino, at: 0, length: call.bytes.length, size: 0 });
    return result;
  }

  async #write(call, perform) {
    const { ino, size } = fs.fstatSync(call.file.fd);
    const at = call.position ?? this.#ends.get(call.file) ?? size;
    const saved = at < size ? this.#copy(call.path) : undefined;
    const result = await perform();
    const length = result?.bytesWritten ?? call.bytes.length;
    if (call.position === undefined) this.#ends.set(call.file, at + length);
    this.#note({ op: 'write', ino, at, length, size, saved });
    return result;
  }

  /** Covers what was noted before it began, and after a failure covers none of that ever again. */
  async #sync(call, perform) {
    const covers = fs.fstatSync(this.#log).size;
    const entry = { path: call.path, ino: fs.fstatSync(call.file.fd).ino, covers };
    try {
      const result = await perform();
      this.#note({ op: 'sync', ...entry });
      return result;
    } catch (error) {
      this.#note({ op: 'sync-failed', ...entry });
      throw error;
    }
  }

  async #after(perform, entry) {
    const result = await perform();
    const note = entry();
    if (note !== undefined) this.#note(note);
    return result;
  }

  #note(entry) {
    fs.writeSync(this.#log, `${JSON.stringify(entry)}\n`);
  }

  #link(path) {
    if (statOf(path) === undefined) return undefined;
    const saved = join(this.#limbo, randomUUID());
    fs.linkSync(path, saved);
    return saved;
  }

  #copy(path) {
    if (statOf(path) === undefined) return undefined;
    const saved = join(this.#limbo, randomUUID());
    fs.copyFileSync(path, saved);
    return saved;
  }
}

function statOf(path) {
  return fs.statSync(path, { throwIfNoEntry: false });
}

module.exports = { PowerLog };
