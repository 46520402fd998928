import { once } from 'node:events';
import { connect } from 'node:net';

/**
 * One keep-alive connection that sends one request at a time. It knows just enough HTTP/1.1 to talk to
 * a registry, because the client shares the processor with the server it measures: Node's own client
 * costs several times as much a request.
 */
export class Connection {
  #socket;
  #host;
  #received = Buffer.alloc(0);
  #head;
  #waiting;

  /** @param {string} url of the server */
  static async open(url) {
    const { hostname, port, host } = new URL(url);
    const socket = connect({ host: hostname, port: Number(port), noDelay: true });
    await once(socket, 'connect');
    return new Connection(socket, host);
  }

  /** @private use open */
  constructor(socket, host) {
    this.#socket = socket;
    this.#host = host;
    socket.on('data', (chunk) => {
      try {
        this.#receive(chunk);
      } catch (error) {
        this.#fail(error);
      }
    });
    socket.on('error', (error) => this.#fail(error));
    socket.on('close', () => this.#fail(new Error('the server closed the connection')));
  }

  /**
   * @param {string} method
   * @param {string} path path and query
   * @param {{ type?: string, body?: Buffer, accept?: string }} [options]
   * @returns {Promise<{ status: number, location?: string, body: Buffer }>}
   */
  send(method, path, { type, body, accept } = {}) {
    let head = `${method} ${path} HTTP/1.1\r\nHost: ${this.#host}\r\nContent-Length: ${body?.length ?? 0}\r\n`;
    if (type) head += `Content-Type: ${type}\r\n`;
    if (accept) head += `Accept: ${accept}\r\n`;
    head += '\r\n';
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject, bodiless: method === 'HEAD' };
      this.#socket.write(body ? Buffer.concat([Buffer.from(head, 'latin1'), body]) : head);
    });
  }

  /** As send, and an error unless the answer has that status. */
  async expect(status, method, path, options) {
    const response = await this.send(method, path, options);
    if (response.status === status) return response;
    throw new Error(`${method} ${path}: ${response.status} ${response.body.toString()}`);
  }

  close() {
    this.#waiting = undefined;
    this.#socket.destroy();
  }

  #receive(chunk) {
    this.#received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk]);
    if (!this.#waiting) return;
    if (this.#head === undefined) {
      const end = this.#received.indexOf('\r\n\r\n');
      if (end < 0) return;
      this.#head = readHead(this.#received.toString('latin1', 0, end), this.#waiting.bodiless);
      this.#received = this.#received.subarray(end + 4);
    }
    const { status, location, length } = this.#head;
    if (this.#received.length < length) return;
    const body = this.#received.subarray(0, length);
    this.#received = this.#received.subarray(length);
    const { resolve } = this.#waiting;
    this.#head = this.#waiting = undefined;
    resolve({ status, location, body });
  }

  #fail(error) {
    this.#waiting?.reject(error);
    this.#waiting = undefined;
  }
}

function readHead(text, bodiless) {
  const status = Number(text.slice(9, 12));
  const location = /^location: *(\S+)/im.exec(text)?.[1];
  const length = /^content-length: *(\d+)/im.exec(text)?.[1];
  const empty = bodiless || status === 204;
  if (!empty && length === undefined) throw new Error(`an answer without a length:\n${text}`);
  return { status, location, length: empty ? 0 : Number(length) };
}
