import { execFileSync } from 'node:child_process';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  archiveOf,
  bodyOf,
  configOf,
  layoutFiles,
  oldDockerFiles,
  plainLayer,
  sha256,
  type ArchiveFile,
} from '../../../test/domain/archive.ts';
import { ImportStore } from '../../../test/domain/import.ts';
import { imageOf, INDEX, jsonContent, MANIFEST, type Image } from '../../../test/clients/image.ts';
import { SettingsStore } from '../../disk/settings-store.ts';

const APP = { names: ['app:v1'], layers: [plainLayer('base', 100_000), plainLayer('small')] };
const good = (): ArchiveFile[] => oldDockerFiles([APP]);
const image = imageOf();
const layout = (): ArchiveFile[] =>
  layoutFiles([{ image, annotations: { 'io.containerd.image.name': 'app:v1' } }]);
const without = (files: ArchiveFile[], pattern: RegExp): Buffer =>
  archiveOf(files.filter(({ name }) => !pattern.test(name)));
const replace = (files: ArchiveFile[], pattern: RegExp, content: string | Buffer): Buffer =>
  archiveOf(files.map((file) => (pattern.test(file.name) ? { ...file, content } : file)));
const withMore = (...more: ArchiveFile[]): Buffer => archiveOf([...more, ...good()]);
const manifestOf = (entry: object): Buffer =>
  replace(good(), /^manifest\.json$/, JSON.stringify([{ Config: '', RepoTags: null, Layers: [], ...entry }]));
const pathOf = ({ digest }: { digest: string }): string => `blobs/${digest.replace(':', '/')}`;
const indexJson = (manifests: unknown): Buffer =>
  replace(layout(), /^index\.json$/, JSON.stringify({ schemaVersion: 2, manifests }));

function tower(height: number): Buffer {
  let top: Image = image;
  const files = layout();
  for (let level = 0; level < height; level += 1) {
    const { mediaType, digest, size } = top;
    const index = jsonContent(INDEX, {
      schemaVersion: 2,
      mediaType: INDEX,
      manifests: [{ mediaType, digest, size }],
    });
    files.push({ name: pathOf(index), content: index.bytes });
    top = { ...index, blobs: [], children: [] };
  }
  const { mediaType, digest, size } = top;
  const index = JSON.stringify({ schemaVersion: 2, manifests: [{ mediaType, digest, size }] });
  return replace(files, /^index\.json$/, index);
}

const truncatedGzip = (): Buffer => {
  const whole = gzipSync(archiveOf(good()));
  return whole.subarray(0, whole.length - 200);
};
const zstd = (): Buffer => execFileSync('zstd', ['-q', '-c'], { input: archiveOf(good()) });
const damagedMiddle = (bytes: Buffer): Buffer => {
  const damaged = Buffer.from(bytes);
  damaged.fill(0xee, damaged.length >> 1, (damaged.length >> 1) + 100);
  return damaged;
};

/** Each with what people read. */
const HOSTILE: readonly (readonly [string, () => Buffer, RegExp])[] = [
  ['that is empty', () => Buffer.alloc(0), /not a tar archive/],
  ['that is a text', () => Buffer.from('hello\n'.repeat(1000)), /not a tar archive/],
  [
    'of other things',
    () => archiveOf([{ name: 'a.txt', content: 'a' }]),
    /neither manifest.json nor index.json/,
  ],
  ['of nothing', () => archiveOf([]), /neither manifest.json nor index.json/],
  ['that ends early', () => archiveOf(good()).subarray(0, 50_000), /ends early, after byte 50000/],
  [
    'with more behind it',
    () => Buffer.concat([archiveOf(good()), Buffer.from('more')]),
    /does not belong to it/,
  ],
  ['of two tars', () => Buffer.concat([archiveOf(good()), archiveOf(good())]), /does not belong to it/],
  ['whose gzip ends early', truncatedGzip, /gzip ends early/],
  [
    'whose gzip holds a tar that ends early',
    () => gzipSync(archiveOf(good()).subarray(0, 9000)),
    /ends early/,
  ],
  ['whose gzip is damaged', () => damagedMiddle(gzipSync(archiveOf(good()))), /damaged/],
  [
    'with more behind its gzip',
    () => Buffer.concat([gzipSync(archiveOf(good())), Buffer.from('some more')]),
    /end of the gzip/,
  ],
  ['whose zstd ends early', () => zstd().subarray(0, -20), /zstd (ends early|is damaged)/],
  ['whose zstd is damaged', () => damagedMiddle(zstd()), /damaged|ends early/],
  [
    'compressed with xz',
    () => execFileSync('xz', ['-c'], { input: archiveOf(good()) }),
    /compressed with xz, which Berth does not read; xz -d unpacks it/,
  ],
  [
    'that climbs out',
    () => withMore({ name: '../../etc/passwd', content: 'x' }),
    /"..\/..\/etc\/passwd", which leads out/,
  ],
  ['that climbs out on a detour', () => withMore({ name: 'a/../../b', content: 'x' }), /leads out/],
  [
    'with an absolute path',
    () => withMore({ name: '/etc/passwd', content: 'x' }),
    /"\/etc\/passwd", which leads out/,
  ],
  ['with a link out', () => withMore({ name: 'a', link: '/etc/passwd' }), /leads out/],
  ['with a link up and out', () => withMore({ name: 'a', link: '../../../b' }), /leads out/],
  ['with a hard link out', () => withMore({ name: 'a/b', link: '../b', type: '1' }), /leads out/],
  ['with a device', () => withMore({ name: 'sda', type: '4' }), /block device/],
  ['with a pipe', () => withMore({ name: 'pipe', type: '6' }), /fifo/],
  [
    'with a sparse file',
    () =>
      withMore(
        { name: 'PaxHeader', type: 'x', content: '27 GNU.sparse.size=1000000\n' },
        { name: 'a', content: 'x' },
      ),
    /sparse/,
  ],
  [
    'whose layers are links in a circle',
    () =>
      archiveOf(
        good().map((file) =>
          file.name.endsWith('layer.tar') ? { name: file.name, link: 'layer.tar' } : file,
        ),
      ),
    /circle/,
  ],
  ['without manifest.json', () => without(good(), /^manifest\.json$/), /saved by Docker before 1.10/],
  ['without a config', () => without(good(), /^[0-9a-f]{64}\.json$/), /lacks the config of "app:v1"/],
  ['without a layer', () => without(good(), /layer\.tar$/), /lacks a layer of "app:v1"/],
  ['whose manifest.json is no JSON', () => replace(good(), /^manifest\.json$/, '[{'), /not JSON/],
  ['whose manifest.json is a number', () => replace(good(), /^manifest\.json$/, '7'), /no list of images/],
  ['whose manifest.json is null', () => replace(good(), /^manifest\.json$/, 'null'), /no list of images/],
  ['whose manifest.json lists nothing', () => replace(good(), /^manifest\.json$/, '[]'), /lists no images/],
  [
    'whose manifest.json lists numbers',
    () => replace(good(), /^manifest\.json$/, '[1]'),
    /no image, number 1/,
  ],
  [
    'whose manifest.json is huge',
    () => replace(good(), /^manifest\.json$/, `[${' '.repeat(5 << 20)}]`),
    /larger than 4 MiB/,
  ],
  ['whose list leads out', () => manifestOf({ Config: '../../etc/passwd' }), /lacks the config/],
  ['whose list is of other types', () => manifestOf({ Config: {}, Layers: 'x' }), /no image/],
  [
    'of more layers than the config has',
    () => archiveOf(oldDockerFiles([{ ...APP, diffIds: [sha256('one')] }])),
    /2 layers of "app:v1", and its config speaks of 1/,
  ],
  [
    'whose layer is another than the config says',
    () => archiveOf(oldDockerFiles([{ ...APP, diffIds: [sha256('one'), sha256('two')] }])),
    /A layer in the archive is damaged/,
  ],
  [
    'whose compressed layer is another than the config says',
    () => {
      const layers = APP.layers.map((layer) => gzipSync(layer));
      return archiveOf(oldDockerFiles([{ ...APP, layers, diffIds: [sha256('one'), sha256('two')] }]));
    },
    /A layer in the archive is damaged/,
  ],
  [
    'whose layer is compressed and cut',
    () => {
      const layers = APP.layers.map((layer) => gzipSync(layer).subarray(0, -20));
      return archiveOf(oldDockerFiles([{ ...APP, layers, diffIds: APP.layers.map(sha256) }]));
    },
    /A layer in the archive cannot be read. The gzip ends early/,
  ],
  [
    'whose config is damaged',
    () => replace(good(), /^[0-9a-f]{64}\.json$/, configOf(APP).toString().replace('arm64', 'arm65')),
    /is damaged: its bytes have the digest/,
  ],
  ['without index.json', () => without(layout(), /^index\.json$/), /neither manifest.json nor index.json/],
  ['whose index.json lists nothing', () => indexJson([]), /without images/],
  ['whose index.json has no list', () => indexJson({}), /lists no manifests/],
  ['whose index.json lists null', () => indexJson([null]), /no descriptor, number 1/],
  [
    'of a later layout',
    () => replace(layout(), /^oci-layout$/, '{"imageLayoutVersion":"9"}'),
    /of version "9"/,
  ],
  ['without the manifest', () => without(layout(), new RegExp(image.digest.slice(7))), /does not have it/],
  [
    'without the config of a manifest',
    () => without(layout(), new RegExp(image.config.digest.slice(7))),
    /lacks a part/,
  ],
  [
    'without a layer of a manifest',
    () => without(layout(), new RegExp(image.blobs[1]?.digest.slice(7) ?? '')),
    /lacks a part of the image/,
  ],
  [
    'with a damaged layer',
    () => replace(layout(), new RegExp(image.blobs[1]?.digest.slice(7) ?? ''), 'other bytes'),
    /is damaged: its bytes have the digest/,
  ],
  [
    'that lies about a size',
    () => indexJson([{ mediaType: MANIFEST, digest: image.digest, size: 5 }]),
    /a size of 5 bytes/,
  ],
  ['that is a tower of indexes', () => tower(20), /more than 8 deep/],
  [
    'with a manifest of 5 MiB',
    () => {
      const huge = jsonContent(MANIFEST, { schemaVersion: 2, annotations: { a: 'x'.repeat(5 << 20) } });
      const { mediaType, digest, size } = huge;
      const files = [...layout(), { name: pathOf(huge), content: huge.bytes }];
      return replace(
        files,
        /^index\.json$/,
        JSON.stringify({ schemaVersion: 2, manifests: [{ mediaType, digest, size }] }),
      );
    },
    /larger than 4 MiB/,
  ],
  [
    'with a manifest that is none',
    () => {
      const bad = jsonContent(MANIFEST, { schemaVersion: 1 });
      const { mediaType, digest, size } = bad;
      const files = [...layout(), { name: pathOf(bad), content: bad.bytes }];
      return replace(
        files,
        /^index\.json$/,
        JSON.stringify({ schemaVersion: 2, manifests: [{ mediaType, digest, size }] }),
      );
    },
    /schemaVersion must be 2/,
  ],
];

let at: ImportStore;

beforeEach(async () => {
  at = await ImportStore.open();
});
afterEach(() => at.close());

const options = { name: 'a.tar', signal: new AbortController().signal, onProgress: () => undefined };

describe('an archive that changes nothing and says why', () => {
  it.each(HOSTILE)('is one %s', async (_, make, message) => {
    const staging = at.imports.stage(bodyOf(make(), 65_536), options);
    await expect(staging).rejects.toMatchObject({
      code: 'ARCHIVE_INVALID',
      message: expect.stringMatching(message),
    });
    await expect(staging).rejects.toThrow(/^[A-Z0-9"].*[.]$/s);
    await at.expectNothing();
  });

  it('is one of a hundred thousand entries', async () => {
    const entry = archiveOf([{ name: 'x' }], Buffer.alloc(0));
    const archive = Buffer.concat(Array<Buffer>(100_000).fill(entry));
    await expect(at.imports.stage(bodyOf(archive, 1 << 20), options)).rejects.toThrow(
      'more than 50000 entries',
    );
    await at.expectNothing();
  });

  it('is one for which the disk has no room', async () => {
    const settings = await SettingsStore.open(at.folder, { reserve: Number.MAX_SAFE_INTEGER });
    await at.again({ settings });
    const staging = at.imports.stage(bodyOf(archiveOf(good())), options);
    await expect(staging).rejects.toMatchObject({ code: 'STORAGE_FULL' });
    await at.expectNothing();
  });

  it('is one that unpacks to gigabytes of nothing', { timeout: 60_000 }, async () => {
    const zeros = gzipSync(Buffer.alloc(16 << 20), { level: 9 });
    const header = gzipSync(archiveOf([{ name: 'zeros', size: 4 * 2 ** 30 }], Buffer.alloc(0)));
    const bomb = Buffer.concat([header, ...Array<Buffer>(256).fill(zeros)]);
    const staging = at.imports.stage(bodyOf(bomb, 65_536), {
      ...options,
      bounds: { unpacked: 1 << 30, ratio: 200 },
    });
    await expect(staging).rejects.toMatchObject({
      code: 'CONTENT_TOO_LARGE',
      message: expect.stringMatching(/^It holds more than 1\.1 GB in .* MB: Berth looks no further\.$/),
    });
    await at.expectNothing();
  });

  it('is one whose connection breaks', async () => {
    const bytes = archiveOf(good());
    const broken = {
      ...bodyOf(bytes),
      async consume(onChunk: (chunk: Buffer) => void): Promise<void> {
        onChunk(Buffer.from(bytes.subarray(0, 60_000)));
        throw new Error('the connection broke');
      },
    };
    await expect(at.imports.stage(broken, options)).rejects.toThrow('the connection broke');
    await at.expectNothing();
  });
});
