import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { freePort } from '../free-port.mjs';
import { get } from './http.ts';
import { until } from './until.ts';

/** What the server logs of each request, one JSON line each. */
export interface LoggedRequest {
  method: string;
  path: string;
  status: number;
  repository?: string;
  digest?: string;
  bytesIn: number;
  bytesOut: number;
  ms: number;
  client?: string;
}

export interface BerthOptions {
  data?: string;
  args?: string[];
  /** Words before the command, of a program that runs it under other circumstances: prlimit, setpriv. */
  under?: string[];
  env?: Record<string, string>;
}

// Another build of the server can be put to the same tests.
const BERTH = process.env['BERTH_BIN'] ?? resolve(import.meta.dirname, '../../registry/cli/bin.cjs');
const READY = /^Berth is listening on (http:\/\/\S+)$/;
const START_TIMEOUT_MS = 20_000;

/** A `berth serve` of the test's own: a free port, and a temporary data folder unless it brings one. */
export class Berth {
  readonly data: string;
  url = '';
  private readonly ownsData: boolean;
  private readonly args: string[];
  private readonly under: string[];
  private readonly env: Record<string, string>;
  private child: ChildProcess | undefined;
  private logged: LoggedRequest[] = [];
  private stderr: string[] = [];

  constructor(options: BerthOptions) {
    this.ownsData = options.data === undefined;
    this.data = options.data ?? mkdtempSync(join(tmpdir(), 'berth-data-'));
    this.args = options.args ?? [];
    this.under = options.under ?? [];
    this.env = options.env ?? {};
  }

  /** `127.0.0.1:PORT`, the registry part of an image's name. */
  get host(): string {
    return new URL(this.url).host;
  }

  get port(): number {
    return Number(new URL(this.url).port);
  }

  get pid(): number {
    if (this.child?.pid === undefined) throw new Error('Berth is not running');
    return this.child.pid;
  }

  /** The lines that are not about a request. */
  get log(): string {
    return this.stderr.join('\n');
  }

  /** Whoever restarts it finds it at the same port, which nobody else took meanwhile. */
  async start(port?: number): Promise<this> {
    const at = port ?? (await freePort());
    const serve = ['serve', '--host', '127.0.0.1', '--port', String(at), '--data', this.data];
    const log = ['--log-level', 'info', '--log-format', 'json'];
    const [program, ...words] = [...this.under, process.execPath, BERTH];
    const child = spawn(program, [...words, ...serve, ...log, ...this.args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...this.env },
    });
    this.child = child;
    createInterface(child.stderr).on('line', (line) => this.readLogLine(line));
    const lines = createInterface(child.stdout);
    const timer = setTimeout(() => child.kill('SIGKILL'), START_TIMEOUT_MS);
    this.url = await new Promise<string>((ready, failed) => {
      lines.on('line', (line) => {
        const url = READY.exec(line)?.[1];
        if (url !== undefined) ready(url);
      });
      child.once('close', (code, signal) => {
        failed(new Error(`Berth ended before it listened: ${signal ?? `exit code ${code}`}\n${this.log}`));
      });
    });
    clearTimeout(timer);
    return this;
  }

  /** Ends the server in its own good time, and returns its exit code. */
  async stop(): Promise<number | null> {
    return await this.end('SIGTERM');
  }

  /** Ends the server as a crash does. */
  async kill(): Promise<void> {
    await this.end('SIGKILL');
  }

  async restart(): Promise<void> {
    await this.start(this.port);
  }

  /** Stops what runs and removes the data folder. */
  async dispose(): Promise<void> {
    await this.stop();
    if (this.ownsData) rmSync(this.data, { recursive: true, force: true });
  }

  /** Every request logged so far, those that were answered before this call for certain. */
  async requests(): Promise<LoggedRequest[]> {
    const mark = `/v2/mark/${crypto.randomUUID()}/tags/list`;
    await get(this, mark);
    await until('the log names the marking request', () => this.logged.some(({ path }) => path === mark));
    return this.logged.filter(({ path }) => !path.startsWith('/v2/mark/'));
  }

  /** Forgets the requests so far, so that the next ones can be counted alone. */
  async forgetRequests(): Promise<void> {
    await this.requests();
    this.logged = [];
  }

  /** Bytes of blobs that clients sent: the measure of "nothing is sent twice". */
  async uploadedBytes(): Promise<number> {
    const uploads = (await this.requests()).filter(({ path }) => path.includes('/blobs/uploads'));
    return uploads.reduce((sum, { bytesIn }) => sum + bytesIn, 0);
  }

  openFiles(): number {
    return readdirSync(`/proc/${this.pid}/fd`).length;
  }

  /** Resident memory in bytes, now and at its highest. */
  memory(): { now: number; highest: number } {
    const status = readFileSync(`/proc/${this.pid}/status`, 'utf8');
    const kib = (field: string): number =>
      Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]);
    return { now: kib('VmRSS') * 1024, highest: kib('VmHWM') * 1024 };
  }

  /** The names of the upload sessions that are on disk. */
  uploadFiles(): string[] {
    return readdirSync(join(this.data, 'uploads'), { recursive: true }).map(String);
  }

  private readLogLine(line: string): void {
    const entry = parseLine(line);
    if (entry === undefined) this.stderr.push(line);
    else this.logged.push(entry);
  }

  private async end(signal: NodeJS.Signals): Promise<number | null> {
    const child = this.child;
    if (child === undefined) return null;
    this.child = undefined;
    if (child.exitCode === null && child.signalCode === null) {
      const closed = once(child, 'close');
      child.kill(signal);
      await closed;
    }
    return child.exitCode;
  }
}

export async function startBerth(options: BerthOptions = {}): Promise<Berth> {
  return await new Berth(options).start();
}

function parseLine(line: string): LoggedRequest | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    const entry = JSON.parse(line) as Partial<LoggedRequest>;
    return typeof entry.method === 'string' && typeof entry.path === 'string'
      ? ({ bytesIn: 0, bytesOut: 0, ...entry } as LoggedRequest)
      : undefined;
  } catch {
    return undefined;
  }
}
