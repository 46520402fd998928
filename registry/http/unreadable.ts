import { STATUS_CODES, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { RegistryError, systemCode, type ErrorCode } from '../error.ts';
import { errorBody, statusOf } from './responder.ts';

/**
 * Brings the target of a request into the form that everything else expects: a path. Proxies send a whole
 * URL, which is as good if it names the host that `Host` does; anything else is no address of ours.
 *
 * @returns whether there is a path
 */
export function readTarget(request: IncomingMessage): boolean {
  const target = request.url ?? '';
  if (target.startsWith('/')) return true;
  if (!/^https?:\/\//i.test(target) || !URL.canParse(target)) return false;
  const { protocol, host, pathname, search } = new URL(target);
  // RFC 9112, 3.2.2: this host is the one that counts, and `Host` the one that is checked later.
  const named = `${protocol}//${request.headers.host ?? ''}`;
  if (!URL.canParse(named) || new URL(named).host !== host) return false;
  request.url = pathname + search;
  return true;
}

/** Answers a request whose target is none. */
export function refuse(response: ServerResponse): void {
  const body = errorBody(
    new RegistryError(
      'REQUEST_INVALID',
      'The address of the request is neither a path nor a URL of its Host.',
    ),
  );
  response.writeHead(400, { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) });
  response.end(body);
}

/**
 * Answers what the HTTP parser could not read. It has to begin with `HTTP/` even for a TLS greeting:
 * that is how containerd and docker notice that they should speak plain HTTP.
 */
export function answerUnreadable(error: Error, socket: Socket): void {
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
      detail: { reason: code ?? error.message },
    }),
  );
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nContent-Type: application/json\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
}
