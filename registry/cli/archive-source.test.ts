import { appendFileSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
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
});
