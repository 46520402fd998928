import { Agent, request } from 'node:http';

const TIMEOUT_MS = 30_000;

/**
 * @typedef {{ status: number, headers: import('node:http').IncomingHttpHeaders, body: Buffer }} Answer
 */

/** The server did not answer, or not with what was asked for. The action that met this is in doubt. */
export class Unanswered extends Error {
  name = 'Unanswered';
}

/** One client with its own connection, that sends one request at a time. */
export class Client {
  #agent = new Agent({ keepAlive: true, maxSockets: 1 });
  #url;

  /** @param {() => string} url of the server, which changes with each start */
  constructor(url) {
    this.#url = url;
  }

  /**
   * @param {string} method
   * @param {string} path
   * @param {{ body?: Buffer, type?: string, headers?: Record<string, string> }} [sent]
   * @returns {Promise<Answer>}
   * @throws Unanswered
   */
  send(method, path, { body, type, headers = {} } = {}) {
    const { hostname, port } = new URL(this.#url());
    const length = method === 'GET' || method === 'HEAD' ? {} : { 'content-length': body?.length ?? 0 };
    const all = { ...length, ...(type === undefined ? {} : { 'content-type': type }), ...headers };
    return new Promise((resolve, reject) => {
      const fail = (error) => reject(new Unanswered(`${method} ${path}: ${error.message}`));
      const sending = request({ hostname, port, method, path, headers: all, agent: this.#agent });
      sending.setTimeout(TIMEOUT_MS, () => sending.destroy(new Error(`no answer in ${TIMEOUT_MS} ms`)));
      sending.on('error', fail);
      sending.on('response', (response) => {
        const chunks = [];
        response.on('data', (chunk) => chunks.push(chunk));
        response.on('error', fail);
        response.on('end', () => {
          const { statusCode = 0 } = response;
          resolve({ status: statusCode, headers: response.headers, body: Buffer.concat(chunks) });
        });
      });
      sending.end(body);
    });
  }

  async json(path) {
    const { status, body } = await this.send('GET', path);
    return { status, value: JSON.parse(body.toString()) };
  }

  close() {
    this.#agent.destroy();
  }
}
