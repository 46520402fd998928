import { request as httpRequest } from 'node:http';
import type { Agent, IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http';
import { connect } from 'node:net';

export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  /** Every header line as it came: the way to see one that was sent twice. */
  rawHeaders: string[];
  body: Buffer;
}

export interface Sent {
  headers?: OutgoingHttpHeaders;
  body?: string | Uint8Array;
  agent?: Agent;
  timeoutMs?: number;
}

/** Anything with a URL: a Berth, or a proxy before it. */
export interface Target {
  readonly url: string;
}

/**
 * One request, with a path that is sent byte for byte (fetch would tidy it up) and an answer of which every
 * header can be looked at. A body goes with its length unless the headers say Transfer-Encoding.
 */
export function send(target: Target, method: string, path: string, sent: Sent = {}): Promise<Answer> {
  const { hostname, port } = new URL(target.url);
  const headers: OutgoingHttpHeaders = { ...sent.headers };
  if (sent.body !== undefined && !headers['transfer-encoding']) {
    headers['content-length'] ??= Buffer.byteLength(sent.body);
  }
  return new Promise((answered, failed) => {
    const host = hostname.replace(/^\[|\]$/g, '');
    const request = httpRequest({ host, port, method, path, headers, agent: sent.agent ?? false });
    request.setTimeout(sent.timeoutMs ?? 20_000, () =>
      request.destroy(new Error(`${method} ${path}: no answer`)),
    );
    request.on('error', failed);
    request.on('response', (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', failed);
      response.on('end', () => {
        const { statusCode = 0, rawHeaders } = response;
        answered({
          status: statusCode,
          headers: response.headers,
          rawHeaders,
          body: Buffer.concat(chunks),
        });
      });
    });
    request.end(sent.body);
  });
}

export function get(target: Target, path: string, headers: OutgoingHttpHeaders = {}): Promise<Answer> {
  return send(target, 'GET', path, { headers });
}

export function head(target: Target, path: string, headers: OutgoingHttpHeaders = {}): Promise<Answer> {
  return send(target, 'HEAD', path, { headers });
}

export function put(target: Target, path: string, sent: Sent = {}): Promise<Answer> {
  return send(target, 'PUT', path, sent);
}

export function post(target: Target, path: string, sent: Sent = {}): Promise<Answer> {
  return send(target, 'POST', path, sent);
}

export function patch(target: Target, path: string, sent: Sent = {}): Promise<Answer> {
  return send(target, 'PATCH', path, sent);
}

export function del(target: Target, path: string): Promise<Answer> {
  return send(target, 'DELETE', path);
}

/** The body, which must be JSON. */
export function json<T>(answer: Answer): T {
  return JSON.parse(answer.body.toString('utf8')) as T;
}

/**
 * Writes bytes that need not be HTTP at all and returns all that comes back until the server closes. With
 * `halfClose`, the sending side ends first, as a client's does that gave up.
 */
export function exchange(
  target: Target,
  bytes: string | Uint8Array,
  options: { halfClose?: boolean; timeoutMs?: number } = {},
): Promise<Buffer> {
  const { hostname, port } = new URL(target.url);
  return new Promise((answered, failed) => {
    const chunks: Buffer[] = [];
    const socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true });
    socket.setTimeout(options.timeoutMs ?? 20_000, () => socket.destroy(new Error('the server kept silent')));
    socket.on('data', (chunk) => chunks.push(chunk));
    // A server may answer and then reset what it did not want to read: the answer still counts.
    socket.on('error', (error) => (chunks.length > 0 ? undefined : failed(error)));
    socket.on('end', () => socket.end());
    socket.on('close', () => answered(Buffer.concat(chunks)));
    socket.write(bytes);
    if (options.halfClose) socket.end();
  });
}
