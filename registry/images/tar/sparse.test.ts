import { execFileSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, truncateSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tarBytes } from '../../../test/domain/tar.ts';
import { readTar } from './tar-reader.ts';

async function* inPieces(bytes: Buffer): AsyncIterable<Buffer> {
  for (let at = 0; at < bytes.length; at += 1000) yield bytes.subarray(at, at + 1000);
}

async function filled(archive: Buffer): Promise<{ name: string; size: number; content: Buffer }[]> {
  const files = [];
  for await (const { name, size, readFilled } of readTar(inPieces(archive))) {
    const parts: Buffer[] = [];
    for await (const part of readFilled()) parts.push(Buffer.from(part));
    files.push({ name, size, content: Buffer.concat(parts) });
  }
  return files;
}

function withMap(map: string): Buffer {
  const records = [`GNU.sparse.map=${map}`, 'GNU.sparse.size=100', 'GNU.sparse.name=s'];
  const pax = records.map(paxRecord).join('');
  return tarBytes([
    { path: 'x', flag: 'x', content: pax },
    { path: 'y', content: '0123456789' },
  ]);
}

function paxRecord(text: string): string {
  const digits = [1, 2, 3, 4, 5, 6, 7].find((each) => String(text.length + 2 + each).length === each) ?? 0;
  return `${text.length + 2 + digits} ${text}\n`;
}

describe('readFilled', () => {
  let folder: string;
  const whole = Buffer.alloc(3_000_000);
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'berth-sparse-'));
    const path = join(folder, 'holes');
    writeFileSync(path, '');
    truncateSync(path, whole.length);
    const file = openSync(path, 'r+');
    for (let piece = 0; piece < 40; piece += 1) {
      whole.write(`piece ${piece}`, piece * 70_000);
      writeSync(file, `piece ${piece}`, piece * 70_000);
    }
    closeSync(file);
    writeFileSync(join(folder, 'plain'), 'behind it');
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it.each([
    ['gnu', '0.0'],
    ['pax', '0.0'],
    ['pax', '0.1'],
    ['pax', '1.0'],
  ])('fills the holes of a sparse file as GNU tar writes it in %s %s', async (format, version) => {
    const flags = ['--sparse', `--format=${format}`, `--sparse-version=${version}`];
    const archive = execFileSync('tar', ['-cf', '-', ...flags, '-C', folder, 'holes', 'plain']);
    expect(archive.length).toBeLessThan(1_000_000);
    const [holes, plain] = await filled(archive);
    expect(holes).toMatchObject({ name: 'holes', size: whole.length });
    expect(holes?.content.equals(whole)).toBe(true);
    expect(plain?.content.toString()).toBe('behind it');
  });

  it.each([
    ['overlap', '0,5,3,5'],
    ['end behind the file', '90,20'],
    ['are longer than what is stored', '0,5,10,20'],
    ['are no numbers', '0,x'],
    ['lack a length', '0,5,20'],
  ])('refuses pieces that %s', async (_, map) => {
    await expect(filled(withMap(map))).rejects.toThrow('do not fit together');
  });

  it('refuses more pieces than a file has', async () => {
    const map = Array.from({ length: 100_001 }, (_, index) => `${index},0`).join(',');
    await expect(filled(withMap(map))).rejects.toThrow(/more than/);
  });

  it('puts the pieces together', async () => {
    const [file] = await filled(withMap('1,4,90,6'));
    expect(file?.content.toString('latin1')).toBe(`\u00000123${'\0'.repeat(85)}456789${'\0'.repeat(4)}`);
  });
});
