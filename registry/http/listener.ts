import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { RegistryError, systemCode } from '../error.ts';
import { describePortHolder } from './port-holder.ts';
import { answerUnreadable, readTarget, refuse } from './unreadable.ts';

export type Handler = (request: IncomingMessage, response: ServerResponse) => void;

/** Go's clients keep idle connections for 30 s; a server that is quicker resets their next request. */
const KEEP_ALIVE_MS = 75_000;
const HEADERS_MS = 60_000;
/** A connection on which nothing moves in either direction. Uploads have a stricter watch of their own. */
const SILENCE_MS = 600_000;

const CLOSE_LOOK_MS = 50;
/** To find a port that is free on both addresses. */
const MOST_ATTEMPTS = 10;

/** The sockets of the registry: both loopback addresses, one port. */
export class Listener {
  readonly #servers: Server[] = [];
  /** Every connection, and how many requests are under way on it. */
  readonly #connections = new Map<Socket, number>();
  readonly #handler: Handler;
  #url = '';

  private constructor(handler: Handler) {
    this.#handler = handler;
  }

  /**
   * @param port 0 picks a free one
   * @throws RegistryError PORT_TAKEN naming the program that has it, where the system tells
   */
  static async open(host: string, port: number, handler: Handler): Promise<Listener> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await Listener.#openAt(host, port, handler);
      } catch (error) {
        // A port that is free on one loopback address may be taken on the other; there are more of them.
        const isPicked = port === 0 && error instanceof RegistryError && error.code === 'PORT_TAKEN';
        if (!isPicked || attempt === MOST_ATTEMPTS) throw error;
      }
    }
  }

  static async #openAt(host: string, port: number, handler: Handler): Promise<Listener> {
    const listener = new Listener(handler);
    const [first, ...others] = addressesOf(host);
    const bound = await listener.#listen(first, port);
    for (const address of others) {
      try {
        await listener.#listen(address, bound);
      } catch (error) {
        // Without IPv6 there is nobody who could come that way.
        if (systemCode(error) === 'EADDRNOTAVAIL' || systemCode(error) === 'EAFNOSUPPORT') continue;
        await listener.close(0);
        throw error;
      }
    }
    listener.#url = `http://${first.includes(':') ? `[${first}]` : first}:${bound}`;
    return listener;
  }

  get url(): string {
    return this.#url;
  }

  /**
   * Takes no new connection, lets requests under way finish, and cuts what is left after `graceMs`.
   *
   * @returns whether everything could finish
   */
  async close(graceMs: number): Promise<boolean> {
    const closed = Promise.all(
      this.#servers.map((server) => new Promise<void>((resolve) => server.close(() => resolve()))),
    );
    const deadline = performance.now() + graceMs;
    let isCut = false;
    const look = (): void => {
      const isLate = performance.now() >= deadline;
      for (const [socket, requests] of this.#connections) {
        // A connection may be kept alive for a next request that never comes, or have sent none at all.
        if (requests === 0) socket.destroySoon();
        else if (isLate) socket.destroy();
        isCut ||= isLate && requests > 0;
      }
    };
    look();
    const looking = setInterval(look, CLOSE_LOOK_MS);
    await closed;
    clearInterval(looking);
    return !isCut;
  }

  async #listen(host: string, port: number): Promise<number> {
    const server = this.#createServer();
    const bound = await new Promise<number>((resolve, reject) => {
      server.once('error', (error) => {
        explain(error, host, port).then(reject, reject);
      });
      server.listen({ host, port }, () => resolve((server.address() as AddressInfo).port));
    });
    this.#servers.push(server);
    return bound;
  }

  #createServer(): Server {
    const onRequest: Handler = (request, response) => this.#onRequest(request, response);
    // Without a Host header it is our own check that answers, in JSON.
    const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS, requireHostHeader: false }, onRequest);
    // A layer may take hours. Its progress is watched instead, where the body is read.
    server.requestTimeout = 0;
    server.headersTimeout = HEADERS_MS;
    server.timeout = SILENCE_MS;
    server.on('connection', (socket) => {
      this.#connections.set(socket, 0);
      // Requests that are sent one behind the other each want to know when the connection closes.
      socket.setMaxListeners(0);
      socket.once('close', () => this.#connections.delete(socket));
    });
    // Whoever reads the body says that it may come; other expectations are free to be ignored.
    server.on('checkContinue', onRequest);
    server.on('checkExpectation', onRequest);
    server.on('clientError', answerUnreadable);
    server.on('connect', (_request, socket: Socket) => {
      socket.on('error', () => socket.destroy());
      answerUnreadable(new Error('Berth is no proxy'), socket);
      socket.destroySoon();
    });
    return server;
  }

  #onRequest(request: IncomingMessage, response: ServerResponse): void {
    const { socket } = request;
    this.#count(socket, 1);
    response.once('close', () => this.#count(socket, -1));
    if (readTarget(request)) this.#handler(request, response);
    else refuse(response);
  }

  #count(socket: Socket, change: number): void {
    const requests = this.#connections.get(socket);
    if (requests !== undefined) this.#connections.set(socket, requests + change);
  }
}

/** Go resolves `localhost` to ::1 first on some machines, so that loopback is both. */
function addressesOf(host: string): [string, ...string[]] {
  return host === 'localhost' || host === '127.0.0.1' ? ['127.0.0.1', '::1'] : [host];
}

async function explain(error: Error, host: string, port: number): Promise<Error> {
  switch (systemCode(error)) {
    case 'EADDRINUSE': {
      const holder = (await describePortHolder(host, port)) ?? 'another program';
      return new RegistryError(
        'PORT_TAKEN',
        `Port ${port} is taken by ${holder}. Stop that program, or choose another port with --port.`,
        { cause: error },
      );
    }
    case 'EACCES':
      return new RegistryError(
        'PORT_TAKEN',
        `This user may not listen on port ${port}. Choose one above 1023 with --port.`,
        { cause: error },
      );
    default:
      return error;
  }
}
