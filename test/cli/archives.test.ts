import { execFileSync, spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, statSync } from 'node:fs';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join, resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { text as readAll } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { importArchive } from '../clients/archives.ts';
import { startBerth, type Berth } from '../clients/berth.ts';
import { get, json, post, send } from '../clients/http.ts';
import { imageOf, randomLayer, writeLayout } from '../clients/image.ts';
import { Repository } from '../clients/repository.ts';
import { attempt, type Output } from '../clients/run.ts';
import { until } from '../clients/until.ts';
import { createWorkspace } from '../clients/workspace.ts';
import { archiveOf, layoutFiles, oldDockerFiles, plainLayer } from '../domain/archive.ts';
import type { Job, StagedImport } from '../../registry/api/contract.ts';

const BIN = resolve(import.meta.dirname, '../../registry/cli/bin.cjs');

let server: Berth;
const workspace = createWorkspace('import');
const image = imageOf({ layers: [randomLayer(200_000)] });
const nameless = archiveOf(layoutFiles([{ image }]));
const app = archiveOf(oldDockerFiles([{ names: ['app:v1'], layers: [plainLayer('a', 100_000)] }]));

beforeAll(async () => {
  server = await startBerth();
});
afterAll(async () => {
  await server.dispose();
  workspace.remove();
});

const cli = (...args: string[]): Promise<Output> =>
  attempt(process.execPath, [BIN, ...args], { env: { BERTH_URL: server.url } });

const imports = async (): Promise<unknown[]> =>
  json<{ imports: unknown[] }>(await get(server, '/api/imports')).imports;

describe('berth import', () => {
  it('says with --dry-run what is inside, and imports nothing', async () => {
    const { stdout, code } = await cli('import', '--dry-run', workspace.file('app.tar', app));
    expect(stdout).toMatch(
      /app\.tar: docker archive, .*, 1 image\.\n {2}app:v1: linux\/arm64\/v8, 1 layer, .* of it new\n/,
    );
    expect(stdout).toContain('Nothing was imported.');
    expect(code).toBe(0);
    expect(await imports()).toEqual([]);
    expect((await new Repository(server, 'app').getManifest('v1')).status).toBe(404);
  });

  it('says what is inside under the names that were asked for', async () => {
    const other = archiveOf(oldDockerFiles([{ names: ['moved:v1'], layers: [plainLayer('b', 1000)] }]));
    await importArchive(server, workspace.file('first.tar', other));
    const next = archiveOf(oldDockerFiles([{ names: ['moved:v1'], layers: [plainLayer('c', 1000)] }]));
    const file = workspace.file('next.tar', next);
    expect((await cli('import', '--dry-run', file)).stdout).toContain('; moves moved:v1');
    const { stdout } = await cli('import', '--dry-run', file, '--as', 'away:v2');
    expect(stdout).toContain('  away:v2: ');
    expect(stdout).not.toContain('moved:v1');
    expect(await imports()).toEqual([]);
  });

  it('asks for a name where there is none, and leaves nothing behind', async () => {
    const { stderr, code } = await cli('import', workspace.file('nameless.tar', nameless));
    expect(stderr).toBe('An image in the archive has no name. Give it one: --as nameless:latest\n');
    expect(code).toBe(1);
    expect(await imports()).toEqual([]);
    expect(server.uploadFiles()).toEqual([]);
  });

  it('takes an archive from standard input', async () => {
    const child = spawn(process.execPath, [BIN, 'import', '-', '--as', 'piped:v1', '--json'], {
      env: { ...process.env, BERTH_URL: server.url },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    let stdout = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stdin.end(nameless);
    await once(child, 'close');
    expect(JSON.parse(stdout)).toMatchObject([
      { file: '-', result: { images: [{ reference: 'piped:v1' }] } },
    ]);
    await new Repository(server, 'piped').expectWhole('v1', image);
  });

  it('takes the folder of a layout, and keeps its tags under another name', async () => {
    const folder = writeLayout(workspace.folder('layout'), { one: image, again: image, two: imageOf() });
    await importArchive(server, folder, '--as', 'folder');
    expect(await new Repository(server, 'folder').tags()).toEqual(['again', 'one', 'two']);
    const unnamed = await cli('import', folder);
    expect(unnamed.stderr).toBe('An image in the archive has no name. Give it one: --as layout\n');
    const { stderr } = await cli('import', folder, '--as', 'folder:three');
    expect(stderr).toContain('The archive has 2 images. Give a repository without a tag: --as folder');
  });

  it('names two images of one tag, each as it was told', async () => {
    const both = ['web:v1', 'db:v1'].map((name, at) => ({ names: [name], layers: [plainLayer(`${at}`)] }));
    const file = workspace.file('both.tar', archiveOf(oldDockerFiles(both)));
    const refused = await cli('import', '--as', 'both', file);
    expect(refused.stderr).toContain('Two images would be called both:v1.');
    expect(await imports()).toEqual([]);
    await cli('import', '--as', 'web:v1=both:web', file, '--as', 'db:v1=both');
    expect(await new Repository(server, 'both').tags()).toEqual(['v1', 'web']);
  });

  it('gives no name that an image of the file before has got', async () => {
    const [one, two] = ['one', 'two'].map((name) => {
      const own = archiveOf(oldDockerFiles([{ names: [`${name}:v1`], layers: [plainLayer(name)] }]));
      return workspace.file(`${name}.tar`, own);
    });
    const { stderr, code } = await cli('import', one ?? '', two ?? '', '--as', 'files');
    expect(stderr).toMatch(/two\.tar: files:v1 is what an image of .*one\.tar is called\./);
    expect(code).toBe(1);
    expect(await imports()).toEqual([]);
  });

  it('shows the reason why an archive is refused, also of one that is long', async () => {
    const { stderr, code } = await cli('import', workspace.file('bad.tar', Buffer.alloc(64 << 20, 'x')));
    expect(stderr).toBe('This is not a tar archive.\n');
    expect(code).toBe(1);
    const missing = await cli('import', '/nowhere/a.tar');
    expect(missing.stderr).toBe('There is no file /nowhere/a.tar.\n');
    const empty = await cli('import', workspace.folder('nothing'));
    expect(empty.stderr).toMatch(/is no folder of images/);
  });

  it('says of several files which one is refused, and what was imported before it', async () => {
    const [first, last] = ['first', 'last'].map((name) => workspace.file(`${name}.tar`, app));
    const bad = workspace.file('bad.tar', Buffer.alloc(2000, 'x'));
    const { stderr, code } = await cli('import', first ?? '', bad, last ?? '');
    expect(stderr).toMatch(/first\.tar: docker archive.*\n(.*\n)+.*bad\.tar: This is not a tar archive\.\n/);
    expect(stderr).toMatch(/\nNot tried: .*last\.tar\n$/);
    expect(code).toBe(1);
  });

  it('is one change, which one undo takes back', async () => {
    const { result } = await importArchive(server, workspace.file('undo.tar', app), '--as', 'undone:v1');
    await cli('undo', '--change', String(result.change));
    expect((await new Repository(server, 'undone').getManifest('v1')).status).toBe(404);
  });
});

describe('berth export', () => {
  it('puts a file in the place of nothing but a file', async () => {
    await importArchive(server, workspace.file('whole.tar', app));
    const pipe = join(workspace.folder('pipes'), 'pipe');
    execFileSync('mkfifo', [pipe]);
    const { stderr } = await cli('export', 'app:v1', '-o', pipe, '--force');
    expect(stderr).toBe(`${pipe} is there and is no file. Save the archive elsewhere.\n`);
    expect(statSync(pipe).isFIFO()).toBe(true);
    const nowhere = await cli('export', 'app:v1', '-o', '/no/where/a.tar');
    expect(nowhere.stderr).toBe('There is no folder /no/where.\n');
  });
});

/** A registry that answers with what it is told, by method and path. */
async function pretend(answers: Record<string, (res: ServerResponse) => void>): Promise<Server> {
  const pretending = createServer((req, res) => {
    const answer = answers[`${req.method} ${req.url?.replace(/\?.*/, '')}`];
    req.resume().once('end', () => (answer === undefined ? res.writeHead(404).end() : answer(res)));
  });
  await once(pretending.listen(0, '127.0.0.1'), 'listening');
  return pretending;
}

function start(to: Server, ...args: string[]): ChildProcessByStdio<null, Readable, Readable> {
  const url = `http://127.0.0.1:${(to.address() as AddressInfo).port}`;
  return spawn(process.execPath, [BIN, ...args, '--url', url], { stdio: ['ignore', 'pipe', 'pipe'] });
}

describe('a command that is ended', () => {
  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const)('by %s leaves no part of an export', async (signal, expected) => {
    const folder = workspace.folder(signal);
    const plan = { fileName: 'app.tar', bytes: 1000, images: [], warnings: [] };
    const pretending = await pretend({
      'POST /api/export/plan': (res) => res.end(JSON.stringify(plan)),
      'GET /api/export': (res) => res.write('x'.repeat(100)),
    });
    const child = start(pretending, 'export', 'app:v1', '-o', join(folder, 'app.tar'));
    await until('a part is there', () => readdirSync(folder).length > 0);
    child.kill(signal);
    const [code] = (await once(child, 'close')) as [number | null];
    expect([code, readdirSync(folder)]).toEqual([expected, []]);
    pretending.closeAllConnections();
    pretending.close();
  });

  it('by Ctrl-C in the middle of an import says that nothing was imported', async () => {
    let state = 'running';
    const staged = { id: 'a', name: 'app.tar', format: 'docker archive', bytes: 1, images: [], warnings: [] };
    const job = (res: ServerResponse): unknown =>
      res.end(JSON.stringify({ id: 'j', state, done: 0, total: 1 }));
    const pretending = await pretend({
      'POST /api/imports': (res) => res.writeHead(201).end(JSON.stringify(staged)),
      'POST /api/imports/a': job,
      'GET /api/jobs/j': (res) => {
        child.kill('SIGINT');
        waiting = res;
      },
      'DELETE /api/jobs/j': (res) => {
        state = 'cancelled';
        job(res);
        if (waiting !== undefined) job(waiting);
      },
      'DELETE /api/imports/a': (res) => res.writeHead(204).end(),
    });
    let waiting: ServerResponse | undefined;
    const child = start(pretending, 'import', workspace.file('stopped.tar', app));
    const [stderr, [code]] = await Promise.all([readAll(child.stderr), once(child, 'close')]);
    expect({ stderr, code }).toEqual({ stderr: 'Cancelled. Nothing was imported.\n', code: 1 });
    pretending.closeAllConnections();
    pretending.close();
  });
});

describe('a command whose reader has gone', () => {
  it.each([['repos'], ['history'], ['help'], ['export', 'app:v1', '-o', '-']])(
    'ends without a word: %s',
    async (...args) => {
      await importArchive(server, workspace.file('read.tar', app));
      const child = spawn(process.execPath, [BIN, ...args], {
        env: { ...process.env, BERTH_URL: server.url },
      });
      child.stdout.destroy();
      const [stderr, [code]] = await Promise.all([readAll(child.stderr), once(child, 'close')]);
      expect({ stderr, code }).toEqual({ stderr: '', code: 0 });
    },
  );
});

describe('a registry that goes away', () => {
  it('is named when it does so while an archive is sent', async () => {
    const gone = createServer(({ socket }) => void setImmediate(() => socket.destroy()));
    await once(gone.listen(0, '127.0.0.1'), 'listening');
    const url = `http://127.0.0.1:${(gone.address() as AddressInfo).port}`;
    const { stderr } = await cli('import', workspace.file('sent.tar', app), '--url', url);
    expect(stderr).toMatch(`The connection to ${url} broke off.`);
    gone.close();
  });
});

describe('POST /api/imports', () => {
  it('is a job that others see and can stop', async () => {
    const stop = new AbortController();
    const body = new ReadableStream<Uint8Array>({
      // All but the end, which never comes.
      start: (stream) => stream.enqueue(app.subarray(0, 60_000)),
    });
    const request = { method: 'POST', body, duplex: 'half' as const, signal: stop.signal };
    const sent = fetch(`${server.url}/api/imports?name=slow.tar`, request).catch(() => undefined);
    const job = await until('the job reads', async () => {
      const { jobs } = json<{ jobs: Job[] }>(await get(server, '/api/jobs'));
      return jobs.find(({ subject, done }) => subject === 'slow.tar' && done === 60_000);
    });
    expect(job).toMatchObject({ kind: 'read archive', state: 'running' });
    expect(json<Job>(await send(server, 'DELETE', `/api/jobs/${job.id}`)).state).toBe('cancelled');
    stop.abort();
    await sent;
    expect(server.uploadFiles()).toEqual([]);
  });

  it('ends with its connection', async () => {
    const stop = new AbortController();
    const body = new ReadableStream<Uint8Array>({
      start: (stream) => stream.enqueue(app.subarray(0, 60_000)),
    });
    const request = { method: 'POST', body, duplex: 'half' as const, signal: stop.signal };
    const sent = fetch(`${server.url}/api/imports?name=gone.tar`, request).catch(() => undefined);
    await until('something is staged', () => server.uploadFiles().length > 0);
    stop.abort();
    await sent;
    await until('nothing is staged', () => server.uploadFiles().length === 0);
    const job = await until('the job has ended', async () => {
      const { jobs } = json<{ jobs: Job[] }>(await get(server, '/api/jobs'));
      return jobs.find(({ subject, endedAt }) => subject === 'gone.tar' && endedAt !== null);
    });
    expect(job.state).toBe('cancelled');
  });

  it('lists what waits, and says what it would replace', async () => {
    await importArchive(server, workspace.file('first.tar', app));
    const other = archiveOf(oldDockerFiles([{ names: ['app:v1'], layers: [plainLayer('b')] }]));
    const staged = json<StagedImport>(await post(server, '/api/imports?name=other.tar', { body: other }));
    expect(staged.images[0]?.replaces).toMatchObject([{ reference: 'app:v1' }]);
    expect(await imports()).toEqual([staged]);
    const path = `/api/imports/${staged.id}`;
    const wrong = await post(server, path, { body: '{"images":[{"digest":"sha256:1","references":[]}]}' });
    expect(wrong.status).toBe(400);
    const [digest, name] = [staged.images[0]?.digest, `app@sha256:${'0'.repeat(64)}`];
    const another = await post(server, path, {
      body: JSON.stringify({ images: [{ digest, references: [name] }] }),
    });
    expect(String(another.body)).toContain('names another image');
    expect((await send(server, 'DELETE', path)).status).toBe(204);
    expect((await post(server, path)).status).toBe(404);
  });

  it('leaves nothing over a crash', async () => {
    await post(server, '/api/imports?name=app.tar', {
      body: archiveOf(layoutFiles([{ image: imageOf({ layers: [randomLayer(200_000)] }) }])),
    });
    expect(server.uploadFiles().length).toBeGreaterThan(0);
    await server.kill();
    await server.start();
    expect(server.uploadFiles()).toEqual([]);
    expect(await imports()).toEqual([]);
  });
});
