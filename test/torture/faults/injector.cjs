// Counts the calls and makes one of them fail, or the last. The count and the plan lie in memory that the
// threads of a process share, so that a call of the checkpoint's thread counts like any other.
'use strict';

const fs = require('node:fs');

/** What can happen at the call whose turn it is. `part` is how much of a write is made before it. */
const ACTIONS = [
  'count',
  'kill-before',
  'kill-middle',
  'kill-after',
  /** This one call fails. */
  'fail',
  /** This call and all that follow, until told otherwise. */
  'fail-on',
  /** A write gets half of its bytes to the disk; what needs room fails from then on. */
  'fill',
];
const ERRORS = ['EIO', 'ENOSPC', 'EMFILE', 'EROFS'];
const NUMBERS = { EIO: 5, ENOSPC: 28, EMFILE: 24, EROFS: 30 };
const SCOPES = ['none', 'changes', 'all'];

const [SCOPE, COUNT, AT, ACTION, ERROR, PART] = [0, 1, 2, 3, 4, 5];

/** @typedef {{ action: string, at?: number, error?: string, scope?: string, part?: number }} Plan */

class Injector {
  #state;
  #trace;

  /**
   * @param {SharedArrayBuffer} memory of this process
   * @param {string} tracePath every counted call is appended to it before it is made
   * @param {string} folder left out of the trace's paths
   */
  constructor(memory, tracePath, folder) {
    this.#state = new Int32Array(memory);
    this.#trace = fs.openSync(tracePath, 'a');
    this.folder = folder;
  }

  static memory() {
    return new SharedArrayBuffer(6 * Int32Array.BYTES_PER_ELEMENT);
  }

  get count() {
    return Atomics.load(this.#state, COUNT);
  }

  /** @param {Plan} plan counting begins anew */
  arm({ action, at = 0, error = 'EIO', scope = 'changes', part = 0.5 }) {
    const state = this.#state;
    state[ACTION] = ACTIONS.indexOf(action);
    state[ERROR] = ERRORS.indexOf(error);
    state[PART] = Math.floor(part * 1000);
    state[AT] = at;
    Atomics.store(state, COUNT, 0);
    Atomics.store(state, SCOPE, SCOPES.indexOf(scope));
  }

  /** @param {import('./calls.cjs').Call} call */
  async run(call, perform) {
    const verdict = this.#judge(call);
    switch (verdict) {
      case 'kill-before':
        return end();
      case 'kill-middle':
        this.#writePart(call);
        return end();
      case 'kill-after':
        await perform();
        return end();
      case 'fail':
        // Of a write that fails a part may have gone through.
        if (this.count === this.#state[AT]) this.#writePart(call);
        throw this.#failure(call);
      case 'part':
        return this.#writePart(call);
      default:
        return await perform();
    }
  }

  #judge(call) {
    const state = this.#state;
    const scope = SCOPES[Atomics.load(state, SCOPE)];
    if (scope === 'none' || (scope === 'changes' && !call.changes)) return 'go on';
    const number = Atomics.add(state, COUNT, 1) + 1;
    this.#note(number, call);
    const action = ACTIONS[state[ACTION]];
    const at = state[AT];
    if (action === 'count' || number < at) return 'go on';
    if (action === 'fail-on') return 'fail';
    if (action === 'fill') {
      if (!call.grows) return 'go on';
      return number === at && isPartial(call) ? 'part' : 'fail';
    }
    return number === at ? action : 'go on';
  }

  #note(number, { name, path, to }) {
    const short = (long) => long.slice(this.folder.length + 1) || '.';
    const entry = { number, name, path: short(path), ...(to === undefined ? {} : { to: short(to) }) };
    fs.writeSync(this.#trace, `${JSON.stringify(entry)}\n`);
  }

  /** Only a write has a middle; of any other call nothing is done. */
  #writePart(call) {
    if (call.bytes === undefined) return undefined;
    const bytesWritten = Math.floor((call.bytes.length * this.#state[PART]) / 1000);
    const part = call.bytes.subarray(0, bytesWritten);
    if (call.file !== undefined) fs.writeSync(call.file.fd, part, 0, bytesWritten, call.position ?? null);
    else fs.writeFileSync(call.path, part, { flag: call.name === 'appendFile' ? 'a' : 'w' });
    return { bytesWritten };
  }

  #failure({ name, path }) {
    const code = ERRORS[this.#state[ERROR]];
    const syscall = name.replace('file.', '');
    const error = new Error(`${code}: injected by the test, ${syscall} '${path}'`);
    return Object.assign(error, { errno: -NUMBERS[code], code, syscall, path });
  }
}

/** Only these may do less than they were asked for and say so. */
function isPartial({ name }) {
  return name === 'file.write' || name === 'file.writev';
}

function end() {
  process.kill(process.pid, 'SIGKILL');
  return new Promise(() => undefined);
}

module.exports = { ACTIONS, ERRORS, Injector };
