import { Writable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { archiveOf, layoutFiles } from '../../../test/domain/archive.ts';
import { ImportStore, parsed } from '../../../test/domain/import.ts';
import { artifactOf, imageOf, indexOf, multiPlatformImage, type Image } from '../../../test/clients/image.ts';
import { readTar } from '../tar/tar-reader.ts';
import { duringExport, writeExport } from './export.ts';
import { planExport, type ExportPlan } from './export-plan.ts';

let at: ImportStore;

beforeEach(async () => {
  at = await ImportStore.open();
  await at.again({ sparse: 'indexes' });
});
afterEach(() => at.close());

async function push(image: Image, name: string): Promise<void> {
  const annotations = { 'berth.image.name': name };
  await at.bring(archiveOf(layoutFiles([{ image, annotations }])));
}

const reference = (name: string) => {
  const [, repository = '', tag = ''] = /^([^@]*?)[:@](sha256:.+|[^:@]+)$/.exec(name) ?? [];
  return { repository, reference: tag };
};

async function plan(names: string[], platform?: string): Promise<ExportPlan> {
  return await planExport(at.store, names.map(reference), platform);
}

async function write(exported: ExportPlan): Promise<Buffer> {
  const chunks: Buffer[] = [];
  const out = new Writable({
    write(chunk: Buffer, _, done) {
      chunks.push(Buffer.from(chunk));
      done();
    },
  });
  const { signal } = new AbortController();
  await duringExport(at.store, exported, () => writeExport(at.store, exported, out, signal));
  return Buffer.concat(chunks);
}

async function filesOf(archive: Buffer): Promise<Map<string, Buffer>> {
  async function* chunks(): AsyncGenerator<Buffer> {
    yield archive;
  }
  const files = new Map<string, Buffer>();
  for await (const entry of readTar(chunks())) {
    const parts: Buffer[] = [];
    for await (const part of entry.read()) parts.push(part);
    files.set(entry.name, Buffer.concat(parts));
  }
  return files;
}

describe('planExport and writeExport', () => {
  it('make an archive of the length that was said, which brings the same images elsewhere', async () => {
    const [image, platforms] = [imageOf(), multiPlatformImage()];
    await push(image, 'team/app:v1');
    await push(platforms, 'quay.example/lib:v2');
    const exported = await plan(['team/app:v1', 'quay.example/lib:v2']);
    const archive = await write(exported);
    expect(archive.length).toBe(exported.bytes);
    const other = await ImportStore.open();
    await other.bring(archive);
    await other.expectHolds('team/app', 'v1', image);
    await other.expectHolds('quay.example/lib', 'v2', platforms);
    await other.close();
  });

  it('make the same bytes of the same images', async () => {
    await push(imageOf(), 'app:v1');
    const [one, two] = [await write(await plan(['app:v1'])), await write(await plan(['app:v1']))];
    expect(one.equals(two)).toBe(true);
  });

  it('say to docker what it can load: one platform of several', async () => {
    await push(multiPlatformImage(), 'all:v1');
    const files = await filesOf(await write(await plan(['all:v1'])));
    const [entry] = JSON.parse(String(files.get('manifest.json'))) as {
      Config: string;
      RepoTags: string[];
    }[];
    expect(entry?.RepoTags).toEqual(['all:v1']);
    const architecture = process.arch === 'x64' ? 'amd64' : process.arch;
    expect(JSON.parse(String(files.get(entry?.Config ?? '')))).toMatchObject({ architecture });
  });

  it('have a file name that says what is inside', async () => {
    await push(multiPlatformImage(), 'team/all:v1');
    const nameOf = async (...given: Parameters<typeof plan>) => (await plan(...given)).fileName;
    expect(await nameOf(['team/all:v1'])).toBe('team-all-v1.tar');
    expect(await nameOf(['team/all:v1'], 'linux/s390x')).toBe('team-all-v1-linux-s390x.tar');
    expect(await nameOf(['team/all:v1', 'team/all:v1'], 'linux/s390x')).toBe('images-linux-s390x.tar');
  });

  it('take one platform alone where that is wanted', async () => {
    const image = multiPlatformImage();
    await push(image, 'all:v1');
    const { images, blobs } = await plan(['all:v1'], 'linux/s390x');
    expect(images).toEqual([
      { reference: 'all:v1', digest: image.children[2]?.digest, platforms: ['linux/s390x'] },
    ]);
    expect(blobs.has(parsed(image.digest))).toBe(false);
    await expect(plan(['all:v1'], 'windows/amd64')).rejects.toThrow(
      'all:v1 is not here for windows/amd64. It is for linux/amd64, linux/arm64, linux/s390x.',
    );
  });

  it('say which platforms are not here', async () => {
    const [first = imageOf(), second = imageOf()] = multiPlatformImage().children;
    const index = indexOf([first, second]);
    await push({ ...index, children: [first] }, 'partial:v1');
    const { warnings, images } = await plan(['partial:v1']);
    expect(warnings).toContain('Of partial:v1 this registry does not have linux/arm64.');
    expect(images[0]?.platforms).toEqual(['linux/amd64']);
  });

  it('leave artifacts out of what docker reads, and say so', async () => {
    const chart = artifactOf({ artifactType: 'application/example' });
    await push(chart, 'charts/a:1');
    const exported = await plan(['charts/a:1']);
    expect(exported.warnings.join()).toContain('"podman load" cannot take it');
    expect([...exported.files.keys()]).toEqual(['oci-layout', 'index.json']);
  });

  it('say of lists of lists that docker does not read them', async () => {
    await push(indexOf([multiPlatformImage()]), 'lists:v1');
    const exported = await plan(['lists:v1']);
    expect(exported.warnings.join()).toContain('"podman load" cannot take it');
    expect([...exported.files.keys()]).toEqual(['oci-layout', 'index.json']);
    await expect(plan(['lists:v1'], 'linux/arm64')).rejects.toThrow('It names no platform.');
  });

  it('name an image with several tags once', async () => {
    const image = imageOf();
    await push(image, 'app:v1');
    await push(image, 'app:v2');
    const files = await filesOf(await write(await plan(['app:v1', 'app:v2'])));
    expect(JSON.parse(String(files.get('manifest.json')))).toMatchObject([
      { RepoTags: ['app:v1', 'app:v2'] },
    ]);
  });

  it('take a manifest by its digest', async () => {
    const image = imageOf();
    await push(image, 'app:v1');
    const archive = await write(await plan([`app@${image.digest}`]));
    const other = await ImportStore.open();
    const { images } = await other.bring(archive);
    expect(images).toEqual([{ reference: `app@${image.digest}`, digest: image.digest }]);
    await other.close();
  });

  it('hold what they need while they write it', async () => {
    const image = imageOf();
    await push(image, 'app:v1');
    const digest = parsed(image.config.digest);
    await duringExport(at.store, await plan(['app:v1']), async () => {
      expect(at.store.leases.find(digest)).toBe('held');
    });
    expect(at.store.leases.find(digest)).toBe('free');
  });

  it('refuse what is not whole before the first byte', async () => {
    const image = imageOf();
    await push(image, 'app:v1');
    await at.store.blobs.remove(parsed(image.config.digest));
    await expect(write(await plan(['app:v1']))).rejects.toMatchObject({ code: 'MANIFEST_BLOB_UNKNOWN' });
    await expect(plan(['app:v9'])).rejects.toMatchObject({ code: 'MANIFEST_UNKNOWN' });
    await expect(plan(['none:v1'])).rejects.toMatchObject({ code: 'NAME_UNKNOWN' });
  });
});
