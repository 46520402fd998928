import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createHash } from 'node:crypto';
import { closeSync, existsSync, openSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { connect, createServer, type AddressInfo } from 'node:net';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { freePort } from '../free-port.mjs';

const BERTH = resolve(import.meta.dirname, '../../registry/cli/bin.cjs');

let folder: string;
let running: ChildProcess[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'berth-cli-'));
});
afterEach(async () => {
  for (const child of running) if (child.exitCode === null) child.kill('SIGKILL');
  running = [];
  await rm(folder, { recursive: true, force: true });
});

const data = (): string => join(folder, 'data');

function berth(args: string[], env: NodeJS.ProcessEnv = {}) {
  const child = spawn(process.execPath, [BERTH, ...args], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.push(child);
  const ended = Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]).then(
    ([stdout, stderr, [code]]) => ({ stdout, stderr, code: code as number | null }),
  );
  return { child, ended };
}

/** A server that is ready, and the URL that it printed. */
async function serve(args: string[] = [], env: NodeJS.ProcessEnv = {}) {
  const started = berth(['serve', '--port', '0', '--data', data(), ...args], env);
  const [line] = (await once(started.child.stdout, 'data')) as [Buffer];
  const url = /^Berth is listening on (http:\S+)\n$/.exec(line.toString())?.[1] ?? '';
  return { ...started, url, port: new URL(url).port };
}

describe('berth serve', () => {
  it('prints one line when it is ready, and ends with 0 on SIGTERM and on SIGINT', async () => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      const { child, ended, url } = await serve();
      expect((await fetch(`${url}/v2/`)).status).toBe(200);
      child.kill(signal);
      expect(await ended).toMatchObject({ code: 0, stdout: `Berth is listening on ${url}\n` });
    }
  });

  it('listens on ::1 as well', async () => {
    const { port } = await serve();
    expect((await fetch(`http://[::1]:${port}/v2/`)).status).toBe(200);
  });

  it('takes its options from the environment too, and prefers the command line', async () => {
    const env = { BERTH_LOG_FORMAT: 'json', BERTH_LOG_LEVEL: 'debug', BERTH_HOST: '0.0.0.0' };
    const { child, ended, url } = await serve(['--host', '127.0.0.1'], env);
    const health = (await (await fetch(`${url}/healthz`)).json()) as { logLevel: string };
    expect(health.logLevel).toBe('debug');
    child.kill('SIGTERM');
    const { stderr } = await ended;
    for (const line of stderr.trim().split('\n')) expect(() => JSON.parse(line)).not.toThrow();
  });

  it('lets a request under way finish before it stops', async () => {
    const { child, ended, url } = await serve();
    const started = await fetch(`${url}/v2/app/blobs/uploads/`, { method: 'POST' });
    const upload = request(`${url}${started.headers.get('Location')}`, { method: 'PATCH' });
    upload.write('first ');
    const answered = once(upload, 'response');
    const uploads = join(data(), 'uploads');
    const [session = ''] = await readdir(uploads);
    await until(async () => (await stat(join(uploads, session))).size > 0);
    child.kill('SIGTERM');
    await new Promise((later) => setTimeout(later, 200));
    upload.end('second');
    const [response] = (await answered) as [{ statusCode: number; headers: Record<string, string> }];
    expect(response.statusCode).toBe(202);
    expect(response.headers['range']).toBe('0-11');
    expect((await ended).code).toBe(0);
  });

  it.each(['GET http://[ HTTP/1.1', 'GET http:// HTTP/1.1', 'GET * HTTP/1.1', 'CONNECT a:1 HTTP/1.1'])(
    'answers %s with 400, and lives on',
    async (line) => {
      const { url, port } = await serve();
      const socket = connect(Number(port), '127.0.0.1');
      socket.write(`${line}\r\nHost: localhost\r\n\r\n`);
      const [answer] = (await once(socket, 'data')) as [Buffer];
      socket.resetAndDestroy();
      expect(answer.toString()).toMatch(/^HTTP\/1\.1 400 [^]*application\/json[^]*"errors"/);
      expect((await fetch(`${url}/v2/`)).status).toBe(200);
    },
  );

  it('does not wait for connections on which nothing is asked', async () => {
    const { child, ended, port } = await serve();
    const asked = ['', 'GET /v2/ HT', 'nonsense\r\n\r\n', 'CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n'];
    const open = asked.map((bytes) => {
      const socket = connect({ port: Number(port), host: '127.0.0.1', allowHalfOpen: true });
      socket.on('error', () => undefined);
      socket.write(bytes);
      return socket;
    });
    await Promise.all(open.map((socket) => once(socket, 'connect')));
    child.kill('SIGTERM');
    const { code, stderr } = await ended;
    for (const socket of open) socket.destroy();
    expect(code).toBe(0);
    expect(stderr).not.toContain('cut requests');
  });

  it('says who has the port, and changes nothing', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    const { code, stdout, stderr } = await berth(['serve', '--port', `${port}`, '--data', data()]).ended;
    other.close();
    expect(code).toBe(1);
    expect(stdout).toBe('');
    expect(stderr).toMatch(new RegExp(`^Port ${port} is taken by .*${process.pid}.*--port\\.\\n$`));
    expect(existsSync(data())).toBe(false);
  });

  it('refuses a folder that another Berth has, and names its process', async () => {
    const { child } = await serve();
    const { code, stderr } = await berth(['serve', '--port', '0', '--data', data()]).ended;
    expect(code).toBe(1);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(stderr).toContain(`process ${child.pid}`);
  });

  it('starts again after kill -9', async () => {
    const { child, ended } = await serve();
    child.kill('SIGKILL');
    await ended;
    const { url } = await serve();
    expect((await fetch(`${url}/v2/`)).status).toBe(200);
  });

  it.each([
    ['of a newer format', '{"format": 2}', 'newer version'],
    ['whose settings are no JSON', '{"format": ', 'not readable JSON'],
  ])('refuses a folder %s, and changes nothing', async (_, settings, reason) => {
    await mkdir(data());
    await writeFile(join(data(), 'berth.json'), settings);
    const { code, stderr } = await berth(['serve', '--port', '0', '--data', data()]).ended;
    expect(code).toBe(1);
    expect(stderr).toContain(reason);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(await readdir(data())).toEqual(['berth.json']);
    expect(await readFile(join(data(), 'berth.json'), 'utf8')).toBe(settings);
  });

  it('refuses a folder that cannot be one', async () => {
    await writeFile(data(), 'a file');
    for (const path of [data(), join(data(), 'below'), '/proc/berth']) {
      const { code, stderr } = await berth(['serve', '--port', '0', '--data', path]).ended;
      expect(code).toBe(1);
      expect(stderr).toMatch(/^The data folder \S+ cannot be used: .*--data\.\n$/);
    }
  });

  it.each([
    ['the journal', (): string => join(data(), 'journal')],
    ['the last segment', (): string => join(data(), 'journal', '00000001.log')],
  ])('refuses a folder that has content but has lost %s', async (_, lost) => {
    const { child, ended, url } = await serve();
    const empty = `sha256:${createHash('sha256').digest('hex')}`;
    await fetch(`${url}/v2/app/blobs/uploads/?digest=${empty}`, { method: 'POST' });
    child.kill('SIGTERM');
    await ended;
    await rm(lost(), { recursive: true });
    const { code, stderr } = await berth(['serve', '--port', '0', '--data', data()]).ended;
    expect(code).toBe(1);
    expect(stderr).toContain('journal');
    expect(stderr.trim().split('\n')).toHaveLength(1);
  });

  it('refuses a damaged journal in one sentence', async () => {
    const { child, ended } = await serve();
    child.kill('SIGTERM');
    await ended;
    const segment = join(data(), 'journal', '00000001.log');
    await writeFile(segment, `${await readFile(segment, 'utf8')}garbage\ngarbage\n`);
    const { code, stderr } = await berth(['serve', '--port', '0', '--data', data()]).ended;
    expect(code).toBe(1);
    expect(stderr).toMatch(/^The journal is damaged: .*00000001\.log, from byte 16\..*\n$/);
  });

  it('listens to this machine only, for as long as there are no users', async () => {
    const { code, stderr } = await berth(['serve', '--host', '0.0.0.0', '--data', data()]).ended;
    expect(code).toBe(1);
    expect(stderr).toContain('this machine only');
    expect(existsSync(data())).toBe(false);
  });

  it.each([
    ['--port', 'x'],
    ['--port', '70000'],
    ['--log-level', 'loud'],
    ['--nonsense', '1'],
  ])('refuses %s %s', async (option, value) => {
    const { code, stderr } = await berth(['serve', option, value]).ended;
    expect(code).toBe(1);
    expect(stderr).toContain(option);
  });

  it('logs more or less when it is told to, while it runs', async () => {
    const { child, ended, url } = await serve();
    await fetch(`${url}/v2/seen/tags/list`);
    expect((await berth(['log-level', 'warn', '--url', url]).ended).code).toBe(0);
    await fetch(`${url}/v2/unseen/tags/list`);
    expect((await berth(['log-level', 'loud', '--url', url]).ended).code).toBe(1);
    child.kill('SIGTERM');
    const { stderr } = await ended;
    expect(stderr).toContain('/v2/seen/tags/list');
    expect(stderr).not.toContain('/v2/unseen/tags/list');
  });

  it('goes on when nobody reads what it prints, and its log is on a full disk', async () => {
    const port = await freePort();
    const full = openSync('/dev/full', 'w');
    const args = ['serve', '--port', String(port), '--data', data()];
    const child = spawn(process.execPath, [BERTH, ...args], { stdio: ['ignore', 'pipe', full] });
    running.push(child);
    child.stdout?.destroy();
    closeSync(full);
    const ended = once(child, 'exit');
    await until(() =>
      fetch(`http://127.0.0.1:${port}/v2/`).then(
        ({ status }) => status === 200,
        () => child.exitCode !== null,
      ),
    );
    expect((await fetch(`http://127.0.0.1:${port}/v2/`)).status).toBe(200);
    child.kill('SIGTERM');
    expect(await ended).toEqual([0, null]);
  });

  it('takes a reserve in the units of disks, and refuses what is none', async () => {
    const { url } = await serve(['--reserve', '1000TB']);
    const refused = await fetch(`${url}/v2/app/blobs/uploads/`, { method: 'POST' });
    expect(refused.status).toBe(413);
    expect(await refused.text()).toMatch(/disk is full but for a reserve/);
    const { stderr, code } = await berth(['serve', '--reserve', 'much']).ended;
    expect(code).toBe(1);
    expect(stderr).toContain('such as 500MB');
  });
});

describe('npm start', () => {
  /** As in a terminal: a group of its own, which a Ctrl-C reaches as a whole. */
  async function npmStart() {
    const child = spawn('npm', ['start', '--silent', '--', '--port', '0', '--data', data()], {
      cwd: resolve(import.meta.dirname, '../..'),
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    running.push(child);
    const stderr = text(child.stderr);
    const [line] = (await once(child.stdout, 'data')) as [Buffer];
    expect(line.toString()).toMatch(/^Berth is listening on http:\S+\n$/);
    return { child, stderr };
  }

  it('says that it serves headless, and ends in good order on Ctrl-C', async () => {
    const { child, stderr } = await npmStart();
    process.kill(-(child.pid ?? 0), 'SIGINT');
    const log = await stderr;
    expect(log).toContain('headless');
    expect(log).toContain('stopping reason=SIGINT');
    expect(existsSync(join(data(), 'lock'))).toBe(false);
  });

  it('ends when npm alone is ended', async () => {
    const { child, stderr } = await npmStart();
    child.kill('SIGKILL');
    expect(await stderr).toContain('npm has ended');
    expect(existsSync(join(data(), 'lock'))).toBe(false);
  });
});

async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((later) => setTimeout(later, 10));
}
