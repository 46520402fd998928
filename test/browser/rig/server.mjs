import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';

const BERTH = resolve(import.meta.dirname, '../../../registry/cli/bin.cjs');
const CLOCK = resolve(import.meta.dirname, 'clock.cjs');
const DAY_MS = 86_400_000;

/** The built registry with its window, over a temporary folder. */
export class Server {
  url = '';
  #folder = '';
  #child;

  static async create() {
    const server = new Server();
    server.#folder = await mkdtemp(join(tmpdir(), 'berth-browser-'));
    return server;
  }

  /** @param past whether `setDaysAgo` can be called */
  async start({ past = false } = {}) {
    const command = [...(past ? ['-r', CLOCK] : []), BERTH];
    const serve = ['serve', '--port', '0', '--data', this.#folder, '--log-level', 'warn'];
    this.#child = spawn(process.execPath, [...command, ...serve], {
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    });
    const lines = createInterface(this.#child.stdout);
    const ended = once(this.#child, 'close').then(() => ['']);
    const [line] = await Promise.race([once(lines, 'line'), ended]);
    this.url = /http:\/\/\S+$/.exec(line)?.[0] ?? '';
    if (this.url === '') throw new Error('the registry did not start');
  }

  /** From now on the server believes that it is so many days earlier. */
  async setDaysAgo(days) {
    const told = once(this.#child, 'message');
    this.#child.send(days * DAY_MS);
    await told;
  }

  async stop() {
    if (this.#child === undefined || this.#child.exitCode !== null) return;
    const ended = once(this.#child, 'close');
    this.#child.kill('SIGTERM');
    await ended;
  }

  async remove() {
    await this.stop();
    await rm(this.#folder, { recursive: true, force: true });
  }
}
