import { createServer } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { strict } from './strict.mjs';

// Chromium knows no schemes of ours: `berth://window/x` is `http://window.berth.localhost:<port>/x` to it, and a
// server here hands the very same requests to the app's own handler.
const handlers = new Map();
const privileged = new Set();
let isReady = false;
let port;

const bridge = createServer((request, response) => {
  answer(request, response).catch((error) => {
    console.error('electron double: a protocol handler failed', error);
    response.destroy();
  });
});
bridge.requestTimeout = 0;

export async function openBridge() {
  if (port !== undefined) return;
  await new Promise((resolve) => bridge.listen(0, '127.0.0.1', resolve));
  bridge.unref();
  port = bridge.address().port;
}

export function toChromium(address) {
  const url = new URL(address);
  if (!privileged.has(url.protocol.slice(0, -1))) return address;
  const { host, pathname, search, hash } = url;
  return `http://${host}.${url.protocol.slice(0, -1)}.localhost:${port}${pathname}${search}${hash}`;
}

export function fromChromium(address) {
  const [, host, scheme, rest] = /^http:\/\/([\w.-]+)\.(\w+)\.localhost:\d+(.*)$/s.exec(address) ?? [];
  return host !== undefined && privileged.has(scheme) ? `${scheme}://${host}${rest}` : address;
}

export const protocol = strict('protocol', {
  registerSchemesAsPrivileged(schemes) {
    if (isReady) throw new Error('protocol.registerSchemesAsPrivileged should be called before app is ready');
    for (const { scheme, privileges } of schemes) if (privileges.standard) privileged.add(scheme);
  },
  handle(scheme, handler) {
    if (handlers.has(scheme)) throw new Error('The scheme has been intercepted');
    isReady = true;
    handlers.set(scheme, handler);
  },
});

async function answer(incoming, outgoing) {
  const address = fromChromium(`http://${incoming.headers.host}${incoming.url}`);
  const handler = handlers.get(new URL(address).protocol.slice(0, -1));
  if (handler === undefined) throw new Error(`nobody handles ${address}`);
  const gone = new AbortController();
  outgoing.once('close', () => gone.abort());
  const response = await handler(toRequest(incoming, address, gone.signal));
  outgoing.writeHead(response.status, [...response.headers].flat());
  // A page that goes away in the middle is nobody's failure.
  if (response.body === null) outgoing.end();
  else await pipeline(chunksOf(response.body), outgoing).catch(() => undefined);
}

function toRequest(incoming, address, signal) {
  const headers = new Headers();
  for (const [name, values] of Object.entries(incoming.headersDistinct)) {
    if (name !== 'host' && name !== 'connection') headers.set(name, fromChromium(values.join(', ')));
  }
  const hasBody = !['GET', 'HEAD'].includes(incoming.method);
  const request = new Request(address, {
    method: incoming.method,
    headers,
    signal,
    ...(hasBody ? { body: Readable.toWeb(incoming), duplex: 'half' } : {}),
  });
  const origin = initiatorOf(incoming.headers, address);
  if (origin !== undefined) Object.defineProperty(request, 'initiatorOrigin', { value: origin });
  return request;
}

/** Which page asks; undefined for what was typed or loaded by the app. */
function initiatorOf({ origin, 'sec-fetch-site': site }, address) {
  if (origin !== undefined) return fromChromium(`${origin}/`).replace(/\/$/, '');
  if (site === undefined || site === 'none') return undefined;
  const { protocol: scheme, host } = new URL(address);
  return site === 'same-origin' ? `${scheme}//${host}` : 'null';
}

/** A page that goes away cancels what the handler streams. */
async function* chunksOf(body) {
  const reader = body.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}
