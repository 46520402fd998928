import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findTool } from './load/tool.mjs';
import { registries } from './servers/targets.mjs';

/**
 * What one run has to work with and what it has found out: the sizes, the registries that can be
 * started, a temporary folder, and every figure by row and target.
 */
export class Bench {
  /** @type {Map<string, Map<string, number[]>>} row id -> target id -> figures, one a round */
  figures = new Map();
  /** @type {string[]} what was left out, and why */
  omissions = [];
  /** @type {import('./servers/targets.mjs').Target[]} those that start here */
  registries = [];
  #folders = 0;

  /** @param {import('./options.mjs').Options} options */
  static async open(options) {
    const folder = await mkdtemp(join(tmpdir(), 'berth-bench-'));
    const bench = new Bench(options, folder);
    for (const target of registries) {
      if (await bench.#starts(target)) bench.registries.push(target);
    }
    return bench;
  }

  /** @private use open */
  constructor(options, folder) {
    this.options = options;
    this.sizes = options.sizes;
    this.rounds = options.rounds;
    this.folder = folder;
  }

  /** @param {string} row whether the person asked for that row, or for none in particular */
  wants(row) {
    return this.options.only.length === 0 || this.options.only.includes(row);
  }

  /** @param {string} name whether the program is there; says so when it is not */
  has(name) {
    if (findTool(name)) return true;
    this.omit(`${name} is not installed`);
    return false;
  }

  /** @param {string} what */
  omit(what) {
    if (!this.omissions.includes(what)) this.omissions.push(what);
    this.say(`left out: ${what}`);
  }

  /** @param {string} line progress goes to standard error, the table to standard output */
  say(line) {
    process.stderr.write(`${line}\n`);
  }

  /**
   * @param {string} row
   * @param {string} target
   * @param {number} figure
   */
  record(row, target, figure) {
    const targets = this.figures.get(row) ?? new Map();
    this.figures.set(row, targets);
    targets.set(target, [...(targets.get(target) ?? []), figure]);
    this.say(`  ${row}  ${target}  ${figure.toPrecision(4)}`);
  }

  /** A path in the temporary folder that nothing has used yet. */
  freshFolder(label) {
    this.#folders += 1;
    return join(this.folder, `${label}-${this.#folders}`);
  }

  async close() {
    await rm(this.folder, { recursive: true, force: true });
  }

  async #starts(target) {
    const reason = target.missing();
    if (reason) {
      this.omit(`${target.title}: ${reason}`);
      return false;
    }
    try {
      const server = await target.start(this.freshFolder(target.id));
      await server.stop();
      return true;
    } catch (error) {
      this.omit(`${target.title}: ${error.message}`);
      return false;
    }
  }
}
