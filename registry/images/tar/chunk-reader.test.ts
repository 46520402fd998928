import { describe, expect, it } from 'vitest';
import { release } from '../../blobs/release.ts';
import { ChunkReader } from './chunk-reader.ts';

describe('ChunkReader', () => {
  it('goes on after a chunk whose memory was given back', async () => {
    const reader = new ChunkReader(chunks(64 << 10, 512));
    const first = await reader.take(1 << 20);
    expect(first?.length).toBe(64 << 10);
    if (first !== undefined) release(first);
    expect(reader.takeNow(0)?.length).toBe(0);
    expect((await reader.takeWhole(512)).length).toBe(512);
  });
});

async function* chunks(...lengths: number[]): AsyncGenerator<Buffer> {
  for (const length of lengths) yield Buffer.from(new ArrayBuffer(length));
}
