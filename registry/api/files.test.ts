import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  CONFIG,
  content,
  GZIP_LAYER,
  imageOf,
  indexOf,
  INDEX,
  MANIFEST,
  type PlatformImage,
} from '../../test/clients/image.ts';
import { Repository } from '../../test/clients/repository.ts';
import { digestOf } from '../../test/domain/layers.ts';
import { tarBytes, type Member, zstd } from '../../test/domain/tar.ts';
import { startRegistry, type Registry } from '../index.ts';
import type { FileEntry, FileSearch, FilesRead, FolderListing, Job, WastedFiles } from './contract.ts';

const file = (path: string, text = ''): Member => ({ path, content: text });

describe('the files of images', () => {
  let folder: string;
  let registry: Registry;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'berth-files-'));
    registry = await startRegistry({ dataFolder: folder, port: 0 });
  });
  afterAll(async () => {
    await registry.stop(0);
    rmSync(folder, { recursive: true, force: true });
  });

  async function push(name: string, layers: readonly Buffer[], tag = 'v1'): Promise<PlatformImage> {
    const image = imageOf({
      layers: layers.map((bytes) => ({ ...content(GZIP_LAYER, bytes), diffId: digestOf(bytes) })),
    });
    await new Repository(registry, name).push(image, tag);
    return image;
  }

  const ask = async <T>(path: string, about: Record<string, string>): Promise<T> => {
    const response = await fetch(`${registry.url}${path}?${new URLSearchParams(about)}`);
    expect(response.status, await response.clone().text()).toBe(200);
    return (await response.json()) as T;
  };
  const start = async (repository: string, digest: string): Promise<{ status: number; job: Job }> => {
    const body = JSON.stringify({ repository, digest });
    const response = await fetch(`${registry.url}/api/files/read`, { method: 'POST', body });
    return { status: response.status, job: (await response.json()) as Job };
  };
  const read = async (repository: string, digest: string): Promise<FilesRead['layers']> => {
    let { job } = await start(repository, digest);
    while (job.state === 'running') job = await ask<Job>(`/api/jobs/${job.id}`, { wait: '20' });
    expect(job, JSON.stringify(job)).toMatchObject({ kind: 'read files', state: 'done' });
    return (job.result as FilesRead).layers;
  };
  const refusal = async (path: string): Promise<[number, string]> => {
    const response = await fetch(`${registry.url}${path}`);
    const { errors } = (await response.json()) as { errors: { message: string }[] };
    return [response.status, errors[0]?.message ?? ''];
  };

  it('are read once, listed, searched and handed out', async () => {
    const base = gzipSync(
      tarBytes([file('etc/a', 'one'), file('etc/b', 'two!'), file('usr/bin/tool', 'x'.repeat(1000))]),
    );
    const top = tarBytes([file('etc/a', 'changed'), file('etc/.wh.b'), file('new/deep/f', 'hello')]);
    const { digest } = await push('app', [base, top]);
    const about = { repository: 'app', digest };
    const [status] = await refusal(`/api/files?${new URLSearchParams(about)}`);
    expect(status).toBe(409);
    const first = await start('app', digest);
    expect(first).toMatchObject({ status: 202, job: { subject: 'app:v1' } });
    expect(await read('app', digest)).toMatchObject([
      { digest: digestOf(base), size: 1007, added: 6, modified: 0, removed: 0, wasted: 7, problem: null },
      { digest: digestOf(top), size: 12, added: 3, modified: 1, removed: 1, wasted: 0, problem: null },
    ]);
    expect(await start('app', digest)).toMatchObject({ status: 200, job: { state: 'done' } });

    const root = await ask<FolderListing>('/api/files', about);
    expect(
      root.entries.map(({ path, change, size, changesBelow, children }) => [
        path,
        change,
        size,
        changesBelow,
        children,
      ]),
    ).toEqual([
      ['/etc', 'unchanged', 7, 2, 1],
      ['/new', 'added', 5, 2, 1],
      ['/usr', 'unchanged', 1000, 0, 1],
    ]);
    const changes = await ask<FolderListing>('/api/files', { ...about, path: '/etc', view: 'layer' });
    expect(changes.entries).toMatchObject([
      { path: '/etc/a', change: 'modified', size: 7, layer: 1 },
      { path: '/etc/b', change: 'removed', size: 4, layer: 0 },
    ]);
    const before = await ask<FolderListing>('/api/files', { ...about, path: '/etc/', layer: '0' });
    expect(before.entries.map(({ name, change }) => [name, change])).toEqual([
      ['a', 'added'],
      ['b', 'added'],
    ]);
    const found = await ask<FileSearch>('/api/files/search', { ...about, q: 'TOO' });
    expect(found).toMatchObject({
      total: 1,
      entries: [{ path: '/usr/bin/tool', layer: 0, change: 'unchanged' }],
    });
    const tree = await fetch(
      `${registry.url}/api/files/tree?${new URLSearchParams({ ...about, view: 'layer' })}`,
    );
    const lines = (await tree.text())
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as FileEntry);
    expect(lines.map(({ path, change }) => `${change} ${path}`)).toEqual([
      'unchanged /etc',
      'modified /etc/a',
      'removed /etc/b',
      'added /new',
      'added /new/deep',
      'added /new/deep/f',
    ]);
    const bytes = await fetch(
      `${registry.url}/api/files/content?${new URLSearchParams({ ...about, path: '/usr/bin/tool' })}`,
    );
    expect(Object.fromEntries(bytes.headers)).toMatchObject({
      'content-type': 'application/octet-stream',
      'content-length': '1000',
      'content-disposition': `attachment; filename="tool"; filename*=UTF-8''tool`,
      'content-security-policy': "sandbox; default-src 'none'",
      'x-content-type-options': 'nosniff',
    });
    expect(await bytes.text()).toBe('x'.repeat(1000));
    const old = await fetch(
      `${registry.url}/api/files/content?${new URLSearchParams({ ...about, path: 'etc/b', layer: '0' })}`,
    );
    expect(await old.text()).toBe('two!');
  });

  it('that the finished image does not show are listed with the layers that hold and that hide them', async () => {
    const base = tarBytes([
      file('etc/a', 'one'),
      file('var/cache/big', 'x'.repeat(5000)),
      file('bin/tool', 'y'.repeat(70)),
      { path: 'bin/alias', flag: '1', link: 'bin/tool' },
      { path: 'bin/first', content: 'z'.repeat(60) },
      { path: 'bin/second', flag: '1', link: 'bin/first' },
      file('kept', 'k'),
    ]);
    const middle = tarBytes([file('etc/a', 'again'), file('bin/.wh.alias'), file('bin/.wh.first')]);
    const top = tarBytes([file('etc/a', 'now'), file('var/.wh.cache'), file('bin/.wh.second')]);
    const { digest } = await push('wasteful', [base, middle, top]);
    const layers = await read('wasteful', digest);
    const about = { repository: 'wasteful', digest };
    const found = await ask<WastedFiles>('/api/files/wasted', about);
    const short = ({ entries }: WastedFiles): unknown[] =>
      entries.map(({ path, change, size, layer, by }) => [path, change, size, layer, by]);
    expect(short(found)).toEqual([
      ['/var/cache/big', 'removed', 5000, 0, 2],
      ['/bin/second', 'removed', 60, 0, 2],
      ['/etc/a', 'modified', 5, 1, 2],
      ['/etc/a', 'modified', 3, 0, 1],
    ]);
    expect(found).toMatchObject({ total: 4, bytes: 5068 });
    expect(found.bytes).toBe(layers.reduce((sum, { wasted }) => sum + wasted, 0));
    const middles = await ask<WastedFiles>('/api/files/wasted', { ...about, layer: '1' });
    expect(short(middles)).toEqual([['/etc/a', 'modified', 5, 1, 2]]);
    const largest = await ask<WastedFiles>('/api/files/wasted', { ...about, limit: '1' });
    expect(largest).toMatchObject({ total: 4, entries: [{ path: '/var/cache/big' }] });
  });

  it('are told in sentences when a layer cannot be read, and the others are shown', async () => {
    const good = gzipSync(tarBytes([file('good')]));
    const bomb = gzipSync(Buffer.alloc(4096), { level: 9 });
    const layers = [
      Buffer.from('{"this is":"not a tar"}'.repeat(100)),
      gzipSync(tarBytes([file('a', 'x'.repeat(5000))])).subarray(0, 60),
      tarBytes([file('first', '1'), { path: 'x', flag: 'x', content: 'x'.repeat(2 << 20) }]),
      zstd(tarBytes([file('zstd', '22')])),
      Buffer.from('\xfd7zXZ\0and so on', 'latin1'),
      tarBytes([
        { path: 'a', flag: '1', link: 'b' },
        { path: 'b', flag: '1', link: 'a' },
      ]),
      tarBytes([file('p/'.repeat(3000)), file('kept')]),
      Buffer.alloc(0),
      bomb,
      good,
    ];
    const { digest } = await push('odd', layers);
    const result = await read('odd', digest);
    expect(result.map(({ problem }) => problem)).toEqual([
      'This is not a tar archive.',
      'The gzip ends early: it was cut, or not saved to its end.',
      'The tar has a name or attributes of more than 1 MiB.',
      null,
      'It is compressed with xz, which Berth does not read; xz -d unpacks it.',
      null,
      'Paths of more than 4095 bytes are left out.',
      null,
      null,
      null,
    ]);
    const root = await ask<FolderListing>('/api/files', { repository: 'odd', digest });
    expect(root.entries.map(({ name }) => name)).toEqual(['a', 'b', 'first', 'good', 'kept', 'zstd']);
  });

  it('are handed out without a listener for each part that waits', async () => {
    const layer = tarBytes([{ path: 'large', content: randomBytes(8 << 20) }]);
    const { digest } = await push('large', [layer]);
    await read('large', digest);
    const warnings: string[] = [];
    const onWarning = ({ message }: Error): void => void warnings.push(message);
    process.on('warning', onWarning);
    const about = new URLSearchParams({ repository: 'large', digest, path: '/large' });
    const address = `${registry.url}/api/files/content?${about}`;
    const response = await fetch(address);
    expect((await response.arrayBuffer()).byteLength).toBe(8 << 20);
    const head = await fetch(address, { method: 'HEAD' });
    process.off('warning', onWarning);
    expect([head.status, head.headers.get('content-length')]).toEqual([200, String(8 << 20)]);
    expect(warnings).toEqual([]);
  });

  it('are read again when the cache is damaged or gone', async () => {
    const { digest } = await push('cached', [gzipSync(tarBytes([file('here')]))]);
    await read('cached', digest);
    const cache = join(folder, 'cache/files');
    for (const name of readdirSync(cache)) {
      const bytes = readFileSync(join(cache, name));
      bytes[bytes.length - 40] = (bytes[bytes.length - 40] ?? 0) ^ 1;
      writeFileSync(join(cache, name), bytes);
    }
    await registry.stop(0);
    registry = await startRegistry({ dataFolder: folder, port: 0 });
    const [status] = await refusal(`/api/files?${new URLSearchParams({ repository: 'cached', digest })}`);
    expect(status).toBe(409);
    expect(await read('cached', digest)).toMatchObject([{ added: 1, problem: null }]);
    await registry.stop(0);
    rmSync(join(folder, 'cache'), { recursive: true });
    registry = await startRegistry({ dataFolder: folder, port: 0 });
    expect(await read('cached', digest)).toMatchObject([{ added: 1, problem: null }]);
    expect(existsSync(cache)).toBe(true);
  });

  it('are seen only through a repository that has the layer', async () => {
    const secret = gzipSync(tarBytes([file('secret', 'hidden')]));
    const { digest } = await push('owner', [secret]);
    await read('owner', digest);
    const config = content(CONFIG, Buffer.from('{}'));
    const repository = new Repository(registry, 'thief');
    await repository.pushBlob(config);
    const manifest = {
      schemaVersion: 2,
      mediaType: MANIFEST,
      config: { mediaType: CONFIG, digest: config.digest, size: config.size },
      layers: [{ mediaType: GZIP_LAYER, digest: digestOf(secret), size: secret.length }],
    };
    const bytes = Buffer.from(JSON.stringify(manifest));
    // Foreign layers are the one kind that an image may name without having it.
    const foreign = Buffer.from(
      bytes.toString().replace(GZIP_LAYER, 'application/vnd.oci.image.layer.nondistributable.v1.tar+gzip'),
    );
    expect((await repository.putManifest('v1', { mediaType: MANIFEST, bytes: foreign })).status).toBe(201);
    expect(await read('thief', digestOf(foreign))).toMatchObject([
      { added: 0, problem: expect.stringContaining('not here') as string },
    ]);
    const stolen = new URLSearchParams({ repository: 'thief', digest: digestOf(foreign), path: '/secret' });
    expect((await refusal(`/api/files/content?${stolen}`))[0]).toBe(404);
    expect((await refusal(`/api/files?${new URLSearchParams({ repository: 'thief', digest })}`))[0]).toBe(
      404,
    );
  });

  it('refuse what they are not asked rightly', async () => {
    const image = await push('plain', [tarBytes([file('d/f'), { path: 's', link: 'd/f' }])]);
    const index = indexOf([image]);
    await new Repository(registry, 'plain').putManifest('all', { mediaType: INDEX, bytes: index.bytes });
    await read('plain', image.digest);
    const about = `repository=plain&digest=${image.digest}`;
    for (const [path, status, message] of [
      [`/api/files?repository=plain&digest=${index.digest}`, 400, /several platforms/],
      [`/api/files?repository=none&digest=${image.digest}`, 404, /no repository none/],
      [`/api/files?repository=plain`, 400, /not a digest/],
      [`/api/files?${about}&layer=7`, 404, /only 1 layers/],
      [`/api/files?${about}&layer=-1`, 400, /must be a number/],
      [`/api/files?${about}&view=all`, 400, /"merged" or "layer"/],
      [`/api/files?${about}&path=/nothing`, 404, /no \/nothing/],
      [`/api/files?${about}&path=/d/f`, 400, /not a folder/],
      [`/api/files?${about}&path=../../etc`, 404, /no \.\.\/\.\.\/etc/],
      [`/api/files/tree?${about}&path=/nothing`, 404, /no \/nothing/],
      [`/api/files/content?${about}`, 400, /path= is missing/],
      [`/api/files/content?${about}&path=/d`, 400, /no file/],
      [`/api/files/content?${about}&path=/s`, 400, /no file/],
    ] as const) {
      const answer = await refusal(path);
      expect([path, ...answer]).toEqual([path, status, expect.stringMatching(message)]);
    }
  });
});
