import {
  createServer,
  STATUS_CODES,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { RegistryError, systemCode, type ErrorCode } from '../error.ts';
import { describePortHolder } from './port-holder.ts';
import { errorBody, statusOf } from './responder.ts';

export type Handler = (request: IncomingMessage, response: ServerResponse) => void;

/** Go's clients keep idle connections for 30 s; a server that is quicker resets their next request. */
const KEEP_ALIVE_MS = 75_000;
const HEADERS_MS = 60_000;
/** A connection on which nothing moves in either direction. Uploads have a stricter watch of their own. */
const SILENCE_MS = 600_000;

/** The sockets of the registry: both loopback addresses, one port. */
export class Listener {
  readonly #servers: Server[];
  readonly url: string;

  private constructor(servers: Server[], url: string) {
    this.#servers = servers;
    this.url = url;
  }

  /**
   * @param port 0 picks a free one
   * @throws RegistryError PORT_TAKEN naming the program that has it, where the system tells
   */
  static async open(host: string, port: number, handler: Handler): Promise<Listener> {
    const [first, ...others] = addressesOf(host);
    const server = configure(handler);
    const bound = await listen(server, first, port);
    const servers = [server];
    for (const address of others) {
      const sibling = configure(handler);
      try {
        await listen(sibling, address, bound);
        servers.push(sibling);
      } catch (error) {
        // Without IPv6 there is nobody who could come that way.
        if (systemCode(error) === 'EADDRNOTAVAIL' || systemCode(error) === 'EAFNOSUPPORT') continue;
        await close(server);
        throw error;
      }
    }
    return new Listener(servers, `http://${first.includes(':') ? `[${first}]` : first}:${bound}`);
  }

  /**
   * Takes no new connection, lets requests under way finish, and cuts what is left after `graceMs`.
   *
   * @returns whether everything could finish
   */
  async close(graceMs: number): Promise<boolean> {
    const closed = Promise.all(this.#servers.map(close));
    for (const server of this.#servers) server.closeIdleConnections();
    let cut = false;
    const deadline = setTimeout(() => {
      cut = true;
      for (const server of this.#servers) server.closeAllConnections();
    }, graceMs);
    // Connections that were busy a moment ago are idle now, but kept alive for a client's next request.
    const idle = setInterval(() => {
      for (const server of this.#servers) server.closeIdleConnections();
    }, 50);
    await closed;
    clearTimeout(deadline);
    clearInterval(idle);
    return !cut;
  }
}

/** Go resolves `localhost` to ::1 first on some machines, so that loopback is both. */
function addressesOf(host: string): [string, ...string[]] {
  return host === 'localhost' || host === '127.0.0.1' ? ['127.0.0.1', '::1'] : [host];
}

function configure(handler: Handler): Server {
  // Without a Host header it is our own check that answers, in JSON.
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS, requireHostHeader: false }, handler);
  // A layer may take hours. Its progress is watched instead, where the body is read.
  server.requestTimeout = 0;
  server.headersTimeout = HEADERS_MS;
  server.timeout = SILENCE_MS;
  // Whoever reads the body says that it may come; other expectations are free to be ignored.
  server.on('checkContinue', handler);
  server.on('checkExpectation', handler);
  server.on('clientError', answerUnreadable);
  server.on('connect', (_request, socket) => answerUnreadable(new Error('no proxy'), socket as Socket));
  return server;
}

function listen(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => {
      if (systemCode(error) === 'EADDRINUSE') {
        void describePortHolder(host, port).then((holder) => reject(taken(port, holder)), reject);
      } else {
        reject(error);
      }
    });
    server.listen({ host, port }, () => resolve((server.address() as AddressInfo).port));
  });
}

function taken(port: number, holder: string | undefined): RegistryError {
  const by = holder === undefined ? 'by another program' : `by ${holder}`;
  return new RegistryError(
    'PORT_TAKEN',
    `Port ${port} is taken ${by}. Stop that program, or choose another port with --port.`,
  );
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}

/**
 * Answers what the HTTP parser could not read. It has to begin with `HTTP/` even for a TLS greeting:
 * that is how containerd and docker notice that they should speak plain HTTP.
 */
function answerUnreadable(error: Error, socket: Socket): void {
  if (!socket.writable || systemCode(error) === 'ECONNRESET') {
    socket.destroy();
    return;
  }
  const code = systemCode(error);
  const [status, reason]: [number, ErrorCode] =
    code === 'HPE_HEADER_OVERFLOW'
      ? [431, 'REQUEST_INVALID']
      : code === 'ERR_HTTP_REQUEST_TIMEOUT'
        ? [statusOf('REQUEST_TIMEOUT'), 'REQUEST_TIMEOUT']
        : [400, 'REQUEST_INVALID'];
  const body = errorBody(
    new RegistryError(reason, 'This is not an HTTP request that Berth can read. Berth speaks plain HTTP.', {
      detail: { reason: code },
    }),
  );
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nContent-Type: application/json\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
}
