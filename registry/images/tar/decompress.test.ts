import { randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { zstd } from '../../../test/domain/tar.ts';
import { compressionOf, decompress } from './decompress.ts';

async function* inPieces(bytes: Buffer, pieces: number): AsyncIterable<Buffer> {
  for (let at = 0; at < bytes.length; at += pieces) yield bytes.subarray(at, at + pieces);
}

async function all(bytes: Buffer, pieces = 1000): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of decompress(inPieces(bytes, pieces))) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}

/** A frame that a decoder has to skip, as zstd:chunked puts its list of contents into one. */
function skippable(length: number): Buffer {
  const header = Buffer.alloc(8);
  header.writeUInt32LE(0x184d2a50, 0);
  header.writeUInt32LE(length, 4);
  return Buffer.concat([header, randomBytes(length)]);
}

const content = Buffer.concat([randomBytes(300_000), Buffer.alloc(2_000_000, 'berth ')]);

describe('decompress', () => {
  it.each([1, 7, 1000, 1 << 20])('takes plain bytes, gzip and zstd in pieces of %i', async (pieces) => {
    const short = content.subarray(290_000, 330_000);
    expect((await all(short, pieces)).equals(short)).toBe(true);
    expect((await all(gzipSync(short), pieces)).equals(short)).toBe(true);
    expect((await all(zstd(short), pieces)).equals(short)).toBe(true);
  });

  it('goes on over members of gzip, as stargz writes them', async () => {
    const members = [content.subarray(0, 1000), content.subarray(1000), Buffer.alloc(0)].map((each) =>
      gzipSync(each),
    );
    expect((await all(Buffer.concat(members))).equals(content)).toBe(true);
  });

  it('goes on over frames of zstd, and skips those that are to be skipped', async () => {
    const frames = [
      skippable(5),
      zstd(content.subarray(0, 1000)),
      skippable(90_000),
      zstd(content.subarray(1000)),
    ];
    expect((await all(Buffer.concat([...frames, skippable(12)]))).equals(content)).toBe(true);
  });

  it('takes frames of zstd that hold next to nothing, however many', async () => {
    const frames = Array<Buffer>(20_000).fill(zstd(Buffer.from('x')));
    expect((await all(Buffer.concat(frames), 1 << 20)).length).toBe(20_000);
  });

  it('takes nothing at all', async () => {
    expect(await all(Buffer.alloc(0))).toEqual(Buffer.alloc(0));
  });

  it.each([
    ['gzip', gzipSync(content)],
    ['zstd', zstd(content)],
  ])('says that %s breaks off', async (name, bytes) => {
    const message = `compression (${name}) breaks off`;
    await expect(all(bytes.subarray(0, bytes.length - 20_000))).rejects.toThrow(message);
    await expect(all(bytes.subarray(0, 40))).rejects.toThrow(message);
  });

  it('refuses a frame that asks for gigabytes of memory, wherever it stands', async () => {
    const frame = zstd(Buffer.from('x'.repeat(1000)));
    // Not a single segment, and a window of 1 GiB.
    const hostile = Buffer.concat([frame.subarray(0, 4), Buffer.from([0x00, 20 << 3]), frame.subarray(7)]);
    await expect(all(hostile)).rejects.toThrow('128 MiB');
    await expect(all(Buffer.concat([frame, skippable(3), hostile]))).rejects.toThrow('128 MiB');
  });

  it('names what it does not read', () => {
    expect(() => compressionOf(Buffer.from('\xfd7zXZ\0', 'latin1'))).toThrow('compressed with xz');
    expect(() => compressionOf(Buffer.from('BZh91AY'))).toThrow('compressed with bzip2');
  });

  it('hands on an error of its source as it is', async () => {
    async function* broken(): AsyncIterable<Buffer> {
      yield gzipSync(content).subarray(0, 1000);
      throw new Error('the disk failed');
    }
    const read = async (): Promise<void> => {
      for await (const chunk of decompress(broken())) expect(chunk.length).toBeGreaterThan(0);
    };
    await expect(read()).rejects.toThrow('the disk failed');
  });
});
