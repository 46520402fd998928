import { randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { zstd } from '../../../test/domain/tar.ts';
import { decompress, UNPACK_BOUNDS, type UnpackBounds } from './decompress.ts';
import { ZstdDecoder } from './zstd-decoder.ts';
import { ZstdFrames } from './zstd-frames.ts';
import { unzstdElsewhere, unzstdHere } from './zstd.ts';

async function* inPieces(bytes: Buffer, pieces: number): AsyncIterable<Buffer> {
  for (let at = 0; at < bytes.length; at += pieces) yield bytes.subarray(at, at + pieces);
}

async function all(bytes: Buffer, pieces = 1000, bounds: UnpackBounds = UNPACK_BOUNDS): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of decompress(inPieces(bytes, pieces), bounds)) chunks.push(Buffer.from(chunk));
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
    const message = `The ${name} ends early`;
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

  it('names what it does not read', async () => {
    await expect(all(Buffer.from('\xfd7zXZ\0', 'latin1'))).rejects.toThrow('compressed with xz');
    await expect(all(Buffer.from('BZh91AY'))).rejects.toThrow('compressed with bzip2');
    await expect(all(Buffer.from('PK\x03\x04 and more'))).rejects.toThrow('unzip unpacks it');
  });

  it.each([
    ['gzip', gzipSync(content)],
    ['zstd', zstd(content)],
  ])('refuses what follows the end of %s', async (name, bytes) => {
    const message = `follows the end of the ${name}`;
    await expect(all(Buffer.concat([bytes, Buffer.from('some more')]))).rejects.toThrow(message);
    await expect(all(Buffer.concat([bytes, Buffer.alloc(2000)]))).rejects.toThrow(message);
  });

  it('goes on beyond its bounds only with what is not small for its size', async () => {
    const bounds = { unpacked: 1 << 20, ratio: 2 };
    const zeros = gzipSync(Buffer.alloc(4 << 20));
    await expect(all(zeros, 1000, bounds)).rejects.toMatchObject({ code: 'CONTENT_TOO_LARGE' });
    const random = randomBytes(4 << 20);
    expect((await all(gzipSync(random), 1000, bounds)).equals(random)).toBe(true);
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

describe.each([
  ['in its own thread', unzstdHere],
  ['in another thread', unzstdElsewhere],
])('zstd in JavaScript, %s', (_, unzstd) => {
  async function unpack(bytes: Buffer, pieces: number): Promise<Buffer> {
    const chunks: Buffer[] = [];
    for await (const chunk of unzstd(inPieces(bytes, pieces))) chunks.push(Buffer.from(chunk));
    return Buffer.concat(chunks);
  }

  it('unpacks what zstd has packed', async () => {
    expect((await unpack(zstd(content), 70_000)).equals(content)).toBe(true);
  });

  it('gives what there is before it breaks off', async () => {
    const packed = zstd(content);
    let bytes = 0;
    const read = async (): Promise<void> => {
      for await (const chunk of unzstd(inPieces(packed.subarray(0, 290_000), 1000))) bytes += chunk.length;
    };
    await expect(read()).rejects.toThrow('The zstd ends early');
    expect(bytes).toBe(2 * 128 * 1024);
  });

  it('refuses a frame that asks for gigabytes of memory', async () => {
    const frame = zstd(Buffer.from('x'.repeat(1000)));
    const hostile = Buffer.concat([frame.subarray(0, 4), Buffer.from([0x00, 20 << 3]), frame.subarray(7)]);
    await expect(unpack(hostile, 1000)).rejects.toThrow('128 MiB');
  });
});

/** A frame that goes on: blocks of one byte over and over, each of four bytes. */
function blocks(count: number, size: number): Buffer {
  const block = Buffer.alloc(4);
  block.writeUIntLE((size << 3) | (1 << 1), 0, 3);
  // A window of 128 KiB.
  const header = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, 7 << 3]);
  return Buffer.concat([header, ...Array<Buffer>(count).fill(block)]);
}

describe('ZstdDecoder', () => {
  it('unpacks little at a time, whatever a few bytes become', () => {
    let [bytes, most, total] = [0, 0, 0];
    const decoder = new ZstdDecoder((unpacked) => {
      bytes += unpacked.length;
      total += unpacked.length;
    });
    const look = (): void => {
      most = Math.max(most, bytes);
      bytes = 0;
    };
    for (const _ of decoder.push(blocks(1000, 128 << 10))) look();
    const end = (): void => {
      for (const _ of decoder.end()) look();
    };
    expect(end).toThrow('ends early');
    expect(total).toBe(1000 * (128 << 10));
    expect(most).toBeLessThanOrEqual(17 << 20);
  });
});

describe('ZstdFrames', () => {
  it('takes any number of blocks, and hands them on together', () => {
    const frame = blocks(300_000, 1);
    const [whole, ...more] = new ZstdFrames().push(frame);
    expect([whole?.equals(frame), more.length]).toEqual([true, 0]);
  });
});
