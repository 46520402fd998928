import { request as httpRequest, type IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import type { Server } from './server.ts';

/** What belongs to one connection or to the page, and what the registry is told by us alone. */
const OWN_HEADERS = new Set([
  'accept-encoding',
  'authorization',
  'connection',
  'host',
  'keep-alive',
  'origin',
  'referer',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

const WITHOUT_BODY = new Set([101, 204, 205, 304]);

/** Hands a request of the window to the registry, with the token that the page never sees. Streams both ways. */
export async function forward(request: Request, server: Pick<Server, 'url' | 'token'>): Promise<Response> {
  if (server.url === undefined) return unavailable('The registry is not running.');
  const { pathname, search } = new URL(request.url);
  try {
    const answer = await send(request, new URL(server.url), pathname + search, server.token);
    return toResponse(answer);
  } catch (error) {
    return unavailable(`The registry did not answer: ${error instanceof Error ? error.message : ''}`);
  }
}

function send(
  request: Request,
  { hostname, port }: URL,
  path: string,
  token: string,
): Promise<IncomingMessage> {
  const headers: Record<string, string> = {};
  request.headers.forEach((value, name) => {
    if (!OWN_HEADERS.has(name) && !name.startsWith('sec-')) headers[name] = value;
  });
  headers['authorization'] = `Bearer ${token}`;
  return new Promise((resolve, reject) => {
    const sent = httpRequest({ hostname, port, path, method: request.method, headers });
    sent.once('response', resolve);
    sent.once('error', reject);
    request.signal?.addEventListener('abort', () => sent.destroy(), { once: true });
    if (request.body === null) return sent.end();
    const body = Readable.fromWeb(request.body);
    body.once('error', (error) => sent.destroy(error));
    // An answer may come before the body has gone, and ends its sending.
    sent.once('close', () => body.destroy());
    return body.pipe(sent);
  });
}

function toResponse(answer: IncomingMessage): Response {
  const headers = new Headers();
  for (const [name, values] of Object.entries(answer.headersDistinct)) {
    if (!OWN_HEADERS.has(name)) for (const value of values ?? []) headers.append(name, value);
  }
  const status = answer.statusCode ?? 502;
  if (!WITHOUT_BODY.has(status)) return new Response(webStream(answer), { status, headers });
  answer.resume();
  return new Response(null, { status, headers });
}

/** Node's own conversion throws out of reach of everybody when a page goes away in the middle. */
function webStream(stream: Readable): ReadableStream<Uint8Array> {
  const chunks = stream.iterator() as AsyncIterableIterator<Uint8Array>;
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { done, value } = await chunks.next();
        if (done === true) controller.close();
        else controller.enqueue(value);
      },
      cancel() {
        stream.destroy();
      },
    },
    { highWaterMark: 0 },
  );
}

function unavailable(message: string): Response {
  return Response.json(
    { errors: [{ code: 'UNAVAILABLE', message, detail: null }] },
    { status: 503, headers: { 'Retry-After': '1' } },
  );
}
