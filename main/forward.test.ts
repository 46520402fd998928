import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, describe, expect, it } from 'vitest';
import { forward } from './forward.ts';

describe('forward', () => {
  let server: Server;

  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });

  async function registry(listener: RequestListener): Promise<{ url: string; token: string }> {
    server = createServer(listener).listen(0, '127.0.0.1');
    await once(server, 'listening');
    return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, token: 'ours' };
  }

  it('sends the app’s own token, and nothing that says where the page is from', async () => {
    const asked: IncomingMessage[] = [];
    const to = await registry((request, response) => {
      asked.push(request);
      response.end('{}');
    });
    const headers = { authorization: 'Bearer theirs', origin: 'berth://window', accept: 'application/json' };
    const answer = await forward(new Request('berth://window/api/jobs?wait=1', { headers }), to);
    expect(answer.status).toBe(200);
    expect(asked[0]?.url).toBe('/api/jobs?wait=1');
    expect(asked[0]?.headers).toMatchObject({ authorization: 'Bearer ours', accept: 'application/json' });
    expect(asked[0]?.headers).not.toHaveProperty('origin');
    expect(asked[0]?.headers.host).toBe(new URL(to.url).host);
  });

  it('streams a body there while it is made', async () => {
    const parts: string[] = [];
    const to = await registry((request, response) => {
      request.once('data', (part: Buffer) => {
        parts.push(part.toString());
        more?.enqueue(Buffer.from('second'));
        more?.close();
      });
      void text(request).then((rest) => response.end(rest));
    });
    let more: ReadableStreamDefaultController<Uint8Array> | undefined;
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        controller.enqueue(Buffer.from('first'));
        more = controller;
      },
    });
    const init: RequestInit = { method: 'PUT', body, duplex: 'half' };
    const answer = await forward(new Request('berth://window/v2/x', init), to);
    expect(parts).toEqual(['first']);
    expect(await answer.text()).toContain('second');
  });

  it('lets go of the registry when the page stops reading', async () => {
    const closed: Promise<unknown>[] = [];
    const to = await registry((_request, response) => {
      closed.push(once(response, 'close'));
      response.write('data: 1\n\n');
    });
    const answer = await forward(new Request('berth://window/api/events'), to);
    const reader = answer.body?.getReader();
    await reader?.read();
    await reader?.cancel();
    await Promise.all(closed);
    expect(closed).toHaveLength(1);
  });

  it.each([204, 304])('passes on %s, which has no body', async (status) => {
    const to = await registry((_request, response) => response.writeHead(status).end());
    expect((await forward(new Request('berth://window/api/x'), to)).status).toBe(status);
  });

  it('says so while no registry runs', async () => {
    server = createServer();
    const answer = await forward(new Request('berth://window/api/x'), { url: undefined, token: 'ours' });
    expect(answer.status).toBe(503);
    expect(await answer.json()).toMatchObject({ errors: [{ code: 'UNAVAILABLE' }] });
  });
});
