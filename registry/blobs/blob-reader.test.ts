import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FileReader } from './blob-reader.ts';

const bytes = randomBytes(1_000_000);
let folder: string;
let path: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'berth-reader-'));
  path = join(folder, 'blob');
  await writeFile(path, bytes);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** What arrives at the other end of a real connection. */
async function send(start: number, end: number): Promise<Buffer> {
  const blob = await FileReader.open(path);
  const server = createServer((_request, response) => {
    void blob.send(response, start, end, new AbortController().signal).then(() => response.end());
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const response = await fetch(`http://127.0.0.1:${port}`);
  const received = Buffer.from(await response.arrayBuffer());
  server.closeAllConnections();
  server.close();
  await blob.close();
  return received;
}

describe('FileReader.send', () => {
  it.each([
    [0, 999_999],
    [0, 0],
    [999_999, 999_999],
    [262_143, 262_144],
    [100_000, 900_000],
  ])('writes the bytes %i to %i', async (start, end) => {
    // Not toEqual: it compares a megabyte number by number, and takes minutes.
    expect((await send(start, end)).equals(bytes.subarray(start, end + 1))).toBe(true);
  });

  it('writes nothing of an empty range', async () => {
    expect(await send(0, -1)).toHaveLength(0);
  });

  it('ends when the reader goes away', async () => {
    const blob = await FileReader.open(path);
    const gone = new AbortController();
    const unread = new PassThrough({ highWaterMark: 1 });
    const sending = blob.send(unread, 0, bytes.length - 1, gone.signal);
    gone.abort(new Error('gone'));
    await expect(sending).rejects.toThrow('gone');
    await blob.close();
  });
});
