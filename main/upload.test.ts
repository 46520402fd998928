import { createServer, type Server } from 'node:http';
import { Readable } from 'node:stream';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { upload } from './upload.ts';

const { signal } = new AbortController();
let server: Server;
afterEach(() => {
  server.close();
  server.closeAllConnections();
});

async function listen(handler: Parameters<typeof createServer>[1]): Promise<URL> {
  server = createServer(handler);
  await new Promise<void>((settle) => server.listen(0, '127.0.0.1', settle));
  return new URL(`http://127.0.0.1:${(server.address() as { port: number }).port}/`);
}

/** More than any buffer between the two takes. */
const size = 64 << 20;
const endless = (): Readable =>
  new Readable({
    read() {
      this.push(Buffer.alloc(64 << 10));
    },
  });
const sent = { token: 'none', size, signal, onProgress: () => undefined };

describe('upload', () => {
  it('lets go of the file when it is answered before all is sent', async () => {
    const url = await listen((_request, response) => response.writeHead(413).end('too large'));
    const body = endless();
    expect(await upload({ ...sent, url, body })).toEqual({ status: 413, body: 'too large' });
    expect(body.destroyed).toBe(true);
    await vi.waitFor(async () => {
      const open = await new Promise((settle) => server.getConnections((_error, count) => settle(count)));
      expect(open).toBe(0);
    });
  });

  it('lets go of the file when the other side goes away', async () => {
    const url = await listen((request) => request.socket.destroy());
    const body = endless();
    await expect(upload({ ...sent, url, body })).rejects.toThrow();
    expect(body.destroyed).toBe(true);
  });

  it('says what the file system says of a file that cannot be read to its end', async () => {
    const url = await listen((request) => request.resume());
    const body = new Readable({ read: () => undefined });
    const uploaded = upload({ ...sent, url, body });
    body.destroy(new Error('the disk reports errors'));
    await expect(uploaded).rejects.toThrow('the disk reports errors');
  });
});
