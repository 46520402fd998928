import { execFileSync } from 'node:child_process';
import { linkSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readTar, type TarEntry, type TarOptions } from './tar-reader.ts';
import { TAR_END, tarEntrySize, tarHeader, tarPadding } from './tar-writer.ts';

type Read = Pick<TarEntry, 'name' | 'type' | 'size' | 'link' | 'isSparse' | 'modifiedAt'> & {
  content: string;
};

async function* cut(bytes: Buffer, length: number): AsyncGenerator<Buffer> {
  for (let start = 0; start < bytes.length; start += length) yield bytes.subarray(start, start + length);
}

async function read(archive: Buffer, options?: TarOptions, chunk = 1000): Promise<Read[]> {
  const entries: Read[] = [];
  for await (const { read: content, readFilled: _, ...entry } of readTar(cut(archive, chunk), options)) {
    const parts: Buffer[] = [];
    for await (const part of content()) parts.push(part);
    entries.push({ ...entry, content: Buffer.concat(parts).toString() });
  }
  return entries;
}

function file(name: string, content: string, change: (header: Buffer) => void = () => undefined): Buffer {
  const bytes = Buffer.from(content);
  const header = tarHeader(name, bytes.length);
  change(header);
  if (header.length === 512) sign(header);
  return Buffer.concat([header, bytes, tarPadding(bytes.length)]);
}

function sign(header: Buffer): void {
  header.fill(' ', 148, 156);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
}

const typed = (flag: string) => (header: Buffer) => void header.write(flag, 156);
const attributes = (...records: string[]): Buffer => file('PaxHeader', records.join(''), typed('x'));
const END = TAR_END;

describe('readTar', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'berth-tar-'));
    const tree = join(folder, 'tree');
    mkdirSync(join(tree, 'a'.repeat(120)), { recursive: true });
    writeFileSync(join(tree, 'a'.repeat(120), 'b'.repeat(100)), 'long');
    writeFileSync(join(tree, 'plain'), 'x'.repeat(1300));
    writeFileSync(join(tree, 'empty'), '');
    linkSync(join(tree, 'plain'), join(tree, 'twin'));
    symlinkSync('c'.repeat(150), join(tree, 'symlink'));
    writeFileSync(join(tree, 'holes'), '');
    truncateSync(join(tree, 'holes'), 1 << 20);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const gnuTar = (...flags: string[]): Buffer =>
    execFileSync('tar', ['-cf', '-', ...flags, '-C', folder, 'tree'], { maxBuffer: 1 << 26 });

  it.each(['v7', 'ustar', 'pax', 'gnu'])('reads what GNU tar writes as %s', async (format) => {
    const flags = format === 'v7' || format === 'ustar' ? [`--exclude=${'b'.repeat(100)}`] : [];
    const exclude = format === 'v7' || format === 'ustar' ? ['--exclude=symlink', '--exclude=aaaa*'] : [];
    const entries = await read(gnuTar(`--format=${format}`, ...flags, ...exclude));
    const of = (name: string): Read | undefined => entries.find((each) => each.name === `tree/${name}`);
    expect(entries[0]).toMatchObject({ name: 'tree/', type: 'folder', size: 0 });
    const [first, second] = [of('plain'), of('twin')].sort((one, other) =>
      (one?.type ?? '').localeCompare(other?.type ?? ''),
    );
    expect(first).toMatchObject({ type: 'file', size: 1300, content: 'x'.repeat(1300) });
    expect(second).toMatchObject({ type: 'hard link', link: first?.name, content: '' });
    expect(of('empty')).toMatchObject({ type: 'file', size: 0, content: '' });
    if (exclude.length > 0) return;
    expect(of('symlink')).toMatchObject({ type: 'symlink', link: 'c'.repeat(150) });
    expect(of(`${'a'.repeat(120)}/${'b'.repeat(100)}`)).toMatchObject({ content: 'long' });
  });

  it.each(['gnu', 'pax'])('tells sparse files of %s and stays in step behind them', async (format) => {
    const entries = await read(gnuTar(`--format=${format}`, '--sparse'));
    expect(entries.find(({ name }) => name === 'tree/holes')).toMatchObject({
      isSparse: true,
      size: 1 << 20,
    });
    expect(entries.map(({ name }) => name)).toContain('tree/plain');
  });

  it('gives the same whatever the chunks in which it comes', async () => {
    const archive = gnuTar('--format=pax');
    expect(await read(archive, {}, 7)).toEqual(await read(archive, {}, archive.length));
  });

  it('skips content that nobody reads', async () => {
    const names: string[] = [];
    const archive = Buffer.concat([file('one', 'x'.repeat(5000)), file('two', 'y'), END]);
    for await (const { name } of readTar(cut(archive, 100))) names.push(name);
    expect(names).toEqual(['one', 'two']);
  });

  it('reads times before 1970 and sizes of many digits', async () => {
    const early = file('early', 'x', (header) => header.fill(0xff, 136, 148));
    const [entry] = await read(Buffer.concat([early, END]));
    expect(entry?.modifiedAt).toBe(-1000);
    const header = tarHeader('large', 9 * 2 ** 30);
    for await (const { size } of readTar(cut(header, 512))) {
      expect(size).toBe(9 * 2 ** 30);
      break;
    }
  });

  it('takes a header that says nothing of its entry to be about the next one', async () => {
    const archive = [
      file('global', '14 comment=hi\n', typed('g')),
      attributes('18 path=attribute\n', '9 size=3\n'),
      file('short', 'abc'),
      file('next', 'z'),
      END,
    ];
    expect(await read(Buffer.concat(archive))).toMatchObject([
      { name: 'attribute', content: 'abc' },
      { name: 'next', content: 'z' },
    ]);
  });

  it('gives links, folders and devices no content, whatever their size says', async () => {
    const link = tarHeader('link', 700);
    link.write('2', 156);
    link.write('target', 157);
    sign(link);
    expect(await read(Buffer.concat([link, file('next', 'z'), END]))).toMatchObject([
      { name: 'link', type: 'symlink', link: 'target', content: '' },
      { name: 'next', content: 'z' },
    ]);
  });

  it('reads no disk of zeros to its end', async () => {
    async function* zeros(): AsyncGenerator<Buffer> {
      for (;;) yield Buffer.alloc(1 << 20);
    }
    const reading = readTar(zeros()).next();
    await expect(reading).rejects.toThrow('Nothing but zeros');
  });

  it('allows zeros behind the end, and the missing of the end with a word about it', async () => {
    expect(await read(Buffer.concat([file('a', 'x'), END, Buffer.alloc(9000)]))).toHaveLength(1);
    let missing = false;
    const onMissingEnd = (): void => void (missing = true);
    expect(await read(file('a', 'x'), { onMissingEnd })).toHaveLength(1);
    expect(missing).toBe(true);
  });

  it.each<[string, Buffer, RegExp, TarOptions?]>([
    ['nothing', Buffer.alloc(0), /not a tar archive/],
    ['text', Buffer.from('<!doctype html>'.repeat(100)), /not a tar archive/],
    ['a cut header', file('a', 'x').subarray(0, 300), /not a tar archive/],
    ['cut content', file('a', 'x'.repeat(900)).subarray(0, 1000), /ends early, after byte 1000/],
    ['cut padding', file('a', 'x').subarray(0, 600), /ends early/],
    ['attributes of nothing', Buffer.concat([attributes('9 size=3\n'), END]), /ends early/],
    [
      'a damaged second header',
      Buffer.concat([file('a', 'x'), Buffer.alloc(512, 7)]),
      /no entry begins there/,
    ],
    ['one block of zeros', Buffer.concat([Buffer.alloc(512), file('a', 'x'), END]), /end mark is followed/],
    ['more behind the end', Buffer.concat([file('a', 'x'), END, Buffer.from('more')]), /does not belong/],
    ['too many entries', Buffer.concat([file('a', ''), file('b', ''), END]), /more than 1 entries/, MOST(1)],
    [
      'attributes of 2 MiB',
      Buffer.concat([file('p', 'x'.repeat(2 << 20), typed('x')), END]),
      /more than 1 MiB/,
    ],
    ['a long name of 2 MiB', Buffer.concat([file('p', 'x'.repeat(2 << 20), typed('L')), END]), /1 MiB/],
    ['attributes that are none', Buffer.concat([file('p', '99 path=x\n', typed('x')), END]), /PAX/],
    [
      'a size that is none',
      Buffer.concat([attributes('11 size=-5\n'), file('a', 'x'), END]),
      /size is not a size/,
    ],
    [
      'a number of letters',
      Buffer.concat([file('a', 'x', (header) => void header.write('zz', 124)), END]),
      /is none/,
    ],
  ])('refuses %s', async (_, archive, message, options) => {
    await expect(read(archive, options)).rejects.toThrow(message);
    await expect(read(archive, options)).rejects.toMatchObject({ code: 'ARCHIVE_INVALID' });
  });

  it('leaves what follows the end alone when told so', async () => {
    const archive = Buffer.concat([file('a', 'x'), END, Buffer.from('more')]);
    expect(await read(archive, { ignoreTrailing: true })).toHaveLength(1);
  });
});

describe('tarHeader', () => {
  it('makes archives that GNU tar lists, of known length', () => {
    const archive = Buffer.concat([file('blobs/sha256/aa', 'x'.repeat(600)), END]);
    expect(archive.length).toBe(tarEntrySize('blobs/sha256/aa', 600) + END.length);
    const listed = execFileSync('tar', ['-tvf', '-'], { input: archive }).toString();
    expect(listed).toMatch(/^-rw-r--r--\s+0\/0\s+600 1970-01-01 .*blobs\/sha256\/aa$/m);
  });

  it('takes names that a header has no room for', async () => {
    const name = `blobs/sha512/${'a'.repeat(128)}`;
    const archive = Buffer.concat([file(name, 'x'), END]);
    expect(archive.length).toBe(tarEntrySize(name, 1) + END.length);
    expect(await read(archive)).toMatchObject([{ name, content: 'x' }]);
    expect(execFileSync('tar', ['-tf', '-'], { input: archive }).toString()).toBe(`${name}\n`);
  });
});

function MOST(mostEntries: number): TarOptions {
  return { mostEntries };
}
