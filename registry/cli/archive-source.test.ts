import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readTar } from '../images/tar/tar-reader.ts';
import { openArchive, type ArchiveSource } from './archive-source.ts';

let folder: string;
let path: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'berth-source-'));
  path = join(folder, 'app.tar');
  writeFileSync(path, 'x'.repeat(1000));
});
afterEach(() => rmSync(folder, { recursive: true }));

async function read(source: ArchiveSource): Promise<number> {
  let bytes = 0;
  for await (const chunk of source.read()) bytes += chunk.length;
  return bytes;
}

describe('openArchive', () => {
  it('gives as many bytes as it has announced', async () => {
    const source = await openArchive(path);
    expect([source.bytes, await read(source)]).toEqual([1000, 1000]);
  });

  it.each([
    ['shorter', () => truncateSync(path, 10)],
    ['longer', () => appendFileSync(path, 'more')],
  ])('notices that a file has become %s', async (_, change) => {
    const source = await openArchive(path);
    change();
    await expect(read(source)).rejects.toThrow(`${path} changed while it was read. Try again.`);
  });

  it('refuses an empty file, and one that is not there', async () => {
    writeFileSync(path, '');
    await expect(openArchive(path)).rejects.toThrow(`${path} is empty.`);
    await expect(openArchive(join(folder, 'other'))).rejects.toThrow('There is no file');
  });

  it('packs the one OCI layout in a folder, up to two levels deep', async () => {
    const { bytes = 0 } = await openArchive(layout('plain'));
    layout('given/in/it');
    layout('given/in/it/too/deep');
    const source = await openArchive(join(folder, 'given'));
    expect(source.name).toBe('given');
    expect(await namesIn(source)).toEqual(expect.arrayContaining(['index.json', 'blobs/sha256/a']));
    expect(source.bytes).toBeGreaterThan(bytes);
  });

  it('names OCI layouts of which it cannot know which one is meant', async () => {
    layout('given/a');
    layout('given/b');
    await expect(openArchive(join(folder, 'given'))).rejects.toThrow(
      `2 OCI layouts in it. Give those that you mean: ${join(folder, 'given/a')}, ${join(folder, 'given/b')}.`,
    );
  });

  it('refuses a folder without images, also if something in it is called like one of theirs', async () => {
    mkdirSync(join(folder, 'project/public'), { recursive: true });
    writeFileSync(join(folder, 'project/public/manifest.json'), '{}');
    await expect(openArchive(join(folder, 'project'))).rejects.toThrow('is no folder of images');
    layout('project/a/b/c');
    await expect(openArchive(join(folder, 'project'))).rejects.toThrow('is no folder of images');
  });

  it('follows links from file to file of a folder', async () => {
    const given = layout('given');
    symlinkSync('a', join(given, 'blobs/sha256/b'));
    expect(await namesIn(await openArchive(given))).toContain('blobs/sha256/b');
  });

  it.each([
    ['/etc/hostname', 'outside the folder: it is not followed'],
    ['../../../app.tar', 'outside the folder: it is not followed'],
    ['..', 'a folder: it is not followed'],
    ['nothing', 'is a link that leads nowhere'],
    ['b', 'is a link that leads nowhere'],
  ])('names a link to %s, which is refused', async (target, message) => {
    const link = join(layout('given'), 'blobs/sha256/b');
    symlinkSync(target, link);
    const refused = openArchive(join(folder, 'given'));
    await expect(refused).rejects.toThrow(message);
    await expect(refused).rejects.toThrow(link);
  });
});

function layout(name: string): string {
  const made = join(folder, name);
  mkdirSync(join(made, 'blobs/sha256'), { recursive: true });
  for (const each of ['index.json', 'oci-layout', 'blobs/sha256/a']) writeFileSync(join(made, each), '{}');
  return made;
}

async function namesIn(source: ArchiveSource): Promise<string[]> {
  const chunks: Buffer[] = [];
  for await (const chunk of source.read()) chunks.push(chunk);
  const names: string[] = [];
  for await (const { name } of readTar(Readable.from(chunks))) names.push(name);
  return names;
}
