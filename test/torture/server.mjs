import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFile, mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const at = (path) => fileURLToPath(new URL(path, import.meta.url));
const PRELOAD = at('./faults/preload.cjs');
const COMMAND_LINE = at('../../registry/cli/bin.cjs');
const LIBRARY = at('./registry-main.mjs');

const READY = /^Berth is listening on (http:\/\/\S+)$/;
const START_MS = 30_000;
const STOP_MS = 30_000;

/** @typedef {import('./faults/injector.cjs').Plan} Plan */

/** A registry in a process of its own, over one data folder, that fails when it is told to. */
export class Server {
  url = '';
  /** What it wrote to standard error since the folder was made. */
  log = '';
  /** Milliseconds since 1970. */
  startedAt = 0;
  canMaintain = false;
  #child;
  #closed;
  #messages = 0;

  /** @param {string} folder everything of one life is below it, the data folder among it */
  constructor(folder) {
    this.folder = folder;
    this.data = join(folder, 'data');
    this.trace = join(folder, 'calls');
    this.power = join(folder, 'power');
  }

  get isRunning() {
    return this.#child !== undefined && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /**
   * @param {{ plan?: Plan, library?: object, power?: boolean }} [how] `plan` from the first call on; with
   *   `library` these options instead of the command line; `power` to remember what is not durable
   * @returns {Promise<boolean>} whether it listens; false if it has ended
   */
  async start({ plan, library, power = false } = {}) {
    await rm(this.power, { recursive: true, force: true });
    if (power) await mkdir(this.power, { recursive: true });
    await rm(this.trace, { force: true });
    const faults = { folder: this.data, trace: this.trace, plan, ...(power ? { power: this.power } : {}) };
    const serve = ['serve', '--port', '0', '--data', this.data, '--log-level', 'warn'];
    const program =
      library === undefined
        ? [COMMAND_LINE, ...serve]
        : [LIBRARY, JSON.stringify({ dataFolder: this.data, ...library })];
    this.startedAt = Date.now();
    this.canMaintain = library !== undefined;
    const child = spawnWith(faults, program);
    this.#child = child;
    this.#closed = once(child, 'close');
    this.#closed.catch(() => undefined);
    child.on('error', () => undefined);
    child.stderr.setEncoding('utf8').on('data', (text) => (this.log += text));
    const listening = new Promise((resolve) => {
      createInterface(child.stdout).on('line', (line) => {
        const url = READY.exec(line)?.[1];
        if (url !== undefined) resolve(url);
      });
    });
    const url = await within(START_MS, 'the server to start', Promise.race([listening, this.#closed]));
    if (typeof url !== 'string') return false;
    this.url = url;
    return true;
  }

  /**
   * `berth repair` of the data folder, while no server runs.
   *
   * @param {{ plan?: Plan, power?: boolean }} [how]
   * @returns {Promise<{ code: number | null, stdout: string, stderr: string }>} the report is JSON
   */
  async repair({ plan, power = false } = {}) {
    await rm(this.power, { recursive: true, force: true });
    if (power) await mkdir(this.power, { recursive: true });
    await rm(this.trace, { force: true });
    const faults = { folder: this.data, trace: this.trace, plan, ...(power ? { power: this.power } : {}) };
    const child = spawnWith(faults, [COMMAND_LINE, 'repair', '--data', this.data, '--json']);
    child.on('error', () => undefined);
    const said = { stdout: '', stderr: '' };
    for (const stream of ['stdout', 'stderr']) {
      child[stream].setEncoding('utf8').on('data', (text) => (said[stream] += text));
    }
    await within(START_MS, 'the repair to end', once(child, 'close'));
    return { code: child.exitCode, ...said };
  }

  /** @param {Plan} plan from the next call on */
  async arm(plan) {
    await this.#ask({ arm: plan });
  }

  /**
   * What a registry does by itself every hour, now. Only with `library`.
   *
   * @returns {Promise<string | undefined>} what failed
   */
  async maintain() {
    return (await this.#ask({ maintain: true })).error;
  }

  /** How many calls were counted since the plan was armed. */
  async count() {
    return (await this.#ask({})).count;
  }

  /** Resolves when the process has ended, of itself or by a fault. */
  async ended() {
    await within(STOP_MS, 'the server to end', this.#closed);
  }

  /** Whether it has ended, or does so in a moment. */
  async endsSoon() {
    const moment = new Promise((resolve) => setTimeout(resolve, 2000));
    await Promise.race([this.#closed, moment]);
    return !this.isRunning;
  }

  /** In good order. @returns {Promise<number | null>} the exit code; null if a signal ended it */
  async stop() {
    if (this.isRunning) this.#child.kill('SIGTERM');
    await this.ended();
    return this.#child.exitCode;
  }

  async kill() {
    if (this.isRunning) this.#child.kill('SIGKILL');
    await this.ended();
  }

  /** The calls that were counted, in order: the last is the one at which it was killed. */
  async calls() {
    const text = await readFile(this.trace, 'utf8');
    return text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line));
  }

  async keepLog() {
    await appendFile(join(this.folder, 'server.log'), this.log);
  }

  async #ask(message) {
    const id = (this.#messages += 1);
    const child = this.#child;
    const answer = new Promise((resolve) => {
      const listen = (reply) => {
        if (reply.id !== id) return;
        child.off('message', listen);
        resolve(reply);
      };
      child.on('message', listen);
    });
    const ended = { count: 0, error: 'the server has ended' };
    if (!this.isRunning) return ended;
    child.send({ id, ...message }, () => undefined);
    return (await Promise.race([answer, this.#closed.then(() => undefined)])) ?? ended;
  }
}

function spawnWith(faults, program) {
  return spawn(process.execPath, ['--require', PRELOAD, ...program], {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    env: { ...withoutNpm(process.env), BERTH_FAULTS: JSON.stringify(faults), UV_THREADPOOL_SIZE: '16' },
  });
}

/** A server that believes that npm runs it would watch over npm's life. */
function withoutNpm(env) {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('npm_')));
}

async function within(ms, what, promise) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`waited ${ms} ms in vain for ${what}`)), ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
