import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { get } from 'node:http';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/** Every child that still runs: whatever ends the bench also ends them. */
const running = new Set();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** A server that this bench started, and nothing else: it is stopped by its own handle. */
export class ServerProcess {
  /** @type {string} such as `http://127.0.0.1:40123` */
  url = '';
  /** Milliseconds from spawn to the first 200. */
  readyMs = 0;
  #child;
  #exited;

  /**
   * Starts a program whose logs go to files in `folder`, as they would under any supervisor.
   *
   * @param {string} command
   * @param {string[]} args
   * @param {{ folder: string, env?: NodeJS.ProcessEnv, pipeStdout?: boolean }} options
   *   `folder` is made if it is absent
   */
  static async spawn(command, args, { folder, env, pipeStdout = false }) {
    await mkdir(folder, { recursive: true });
    const stdout = openSync(join(folder, 'stdout.log'), 'a');
    const stderr = openSync(join(folder, 'stderr.log'), 'a');
    const spawned = new ServerProcess(command, args, env, ['ignore', pipeStdout ? 'pipe' : stdout, stderr]);
    closeSync(stdout);
    closeSync(stderr);
    return spawned;
  }

  /** @private use spawn */
  constructor(command, args, env, stdio) {
    this.startedAt = performance.now();
    this.#child = spawn(command, args, { env: { ...process.env, ...env }, stdio });
    running.add(this.#child);
    this.#exited = new Promise((resolve) => {
      this.#child.once('error', (error) => resolve(error.message));
      this.#child.once('exit', (code, signal) => resolve(`exit ${code ?? signal}`));
    }).then((how) => {
      running.delete(this.#child);
      return how;
    });
  }

  get pid() {
    return this.#child.pid;
  }

  get port() {
    return Number(new URL(this.url).port);
  }

  /** The first line on standard output, or a rejection that says how the program ended instead. */
  async firstLine(timeoutMs = 60_000) {
    const line = (async () => {
      let text = '';
      for await (const chunk of this.#child.stdout) {
        text += chunk;
        const end = text.indexOf('\n');
        if (end >= 0) return text.slice(0, end);
      }
      throw new Error(`the server ended without a line: ${await this.#exited}`);
    })();
    line.catch(() => {});
    return await within(timeoutMs, line, 'no line on standard output');
  }

  /** Asks for `path` until it answers 200, every two milliseconds. */
  async answers(path, timeoutMs = 60_000) {
    let ended;
    void this.#exited.then((how) => (ended = how));
    const deadline = performance.now() + timeoutMs;
    while (performance.now() < deadline) {
      if (ended) throw new Error(`the server ended before it answered: ${ended}`);
      if ((await statusOf(this.url + path)) === 200) {
        this.readyMs = performance.now() - this.startedAt;
        return;
      }
      await delay(2);
    }
    throw new Error(`no 200 for ${path} within ${timeoutMs} ms`);
  }

  /** Resident memory in bytes. */
  residentBytes() {
    const status = readFileSync(`/proc/${this.pid}/status`, 'latin1');
    return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) * 1024;
  }

  /** Processor time used so far, in seconds; the kernel counts in hundredths. */
  cpuSeconds() {
    const fields = readFileSync(`/proc/${this.pid}/stat`, 'latin1').split(') ')[1].split(' ');
    return (Number(fields[11]) + Number(fields[12])) / 100;
  }

  async stop(signal = 'SIGTERM') {
    this.#child.kill(signal);
    const killer = setTimeout(() => this.#child.kill('SIGKILL'), 20_000);
    await this.#exited;
    clearTimeout(killer);
  }
}

function statusOf(url) {
  return new Promise((resolve) => {
    const request = get(url, { agent: false, timeout: 2000 }, (response) => {
      response.resume();
      response.once('close', () => resolve(response.statusCode));
    });
    request.once('timeout', () => request.destroy());
    request.once('error', () => resolve(undefined));
  });
}

async function within(milliseconds, promise, complaint) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(complaint)), milliseconds);
  });
  return await Promise.race([promise, late]).finally(() => clearTimeout(timer));
}
