import { createServer } from 'node:net';

/** Below what systems give to connections and to port 0, so that nobody else gets it between two uses of it. */
const FIRST = 10_000;
const COUNT = 20_000;

/** A port that nobody has, on either loopback address. */
export async function freePort() {
  for (;;) {
    const port = FIRST + Math.floor(Math.random() * COUNT);
    if ((await isFree('127.0.0.1', port)) && (await isFree('::1', port))) return port;
  }
}

function isFree(host, port) {
  return new Promise((settle) => {
    const probe = createServer();
    // Without IPv6 nobody can be there.
    probe.once('error', ({ code }) => settle(code !== 'EADDRINUSE' && code !== 'EACCES'));
    probe.listen({ host, port }, () => probe.close(() => settle(true)));
  });
}
