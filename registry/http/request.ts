import type { Socket } from 'node:net';
import type { Context } from 'koa';
import { RegistryError } from '../error.ts';
import type { Actor } from '../journal/record.ts';
import { parseName, parseReference } from '../reference.ts';

const USER_AGENT_CHARACTERS = 120;

/** The repository of a route. Routers decode the path, so that this is where `..%2F` is refused. */
export function repositoryOf(ctx: Context): string {
  const name = parseName(param(ctx, 'name'));
  ctx.state['repository'] = name;
  return name;
}

export function param(ctx: Context, name: string): string {
  return (ctx['params'] as Record<string, string>)[name] ?? '';
}

/** A tag or a digest. */
export function referenceOf(ctx: Context): string {
  return parseReference(param(ctx, 'reference'));
}

/** The first value of a query parameter. */
export function query(ctx: Context, name: string): string | undefined {
  return queries(ctx, name)[0];
}

export function queries(ctx: Context, name: string): string[] {
  const value = ctx.query[name];
  if (value === undefined) return [];
  return typeof value === 'string' ? [value] : value;
}

/** Whom the journal names as the author of a change. */
export function actorOf(ctx: Context): Actor {
  const client = clientOf(ctx);
  const address = ctx.req.socket.remoteAddress;
  return { ...(client === '' ? {} : { client }), ...(address === undefined ? {} : { address }) };
}

/** One connection of a client, the same object for each of its requests. */
export interface Connection {
  readonly actor: Actor;
  readonly isOpen: boolean;
}

const connections = new WeakMap<Socket, Map<string, Connection>>();

export function connectionOf(ctx: Context): Connection {
  const { socket } = ctx.req;
  // A proxy sends requests of several clients over one connection.
  const ofSocket = connections.get(socket) ?? new Map<string, Connection>();
  connections.set(socket, ofSocket);
  const client = clientOf(ctx);
  let connection = ofSocket.get(client);
  if (connection === undefined) {
    connection = new ClientConnection(actorOf(ctx), socket);
    ofSocket.set(client, connection);
  }
  return connection;
}

class ClientConnection implements Connection {
  readonly actor: Actor;
  readonly #socket: Socket;

  constructor(actor: Actor, socket: Socket) {
    this.actor = actor;
    this.#socket = socket;
  }

  get isOpen(): boolean {
    return !this.#socket.destroyed;
  }
}

const WINDOW = 'Berth window';
/** What the `berth` command calls itself. */
const COMMAND_LINE = 'berth';

/** The program that asks: what it calls itself, or the window, whose `User-Agent` is that of any browser. */
export function clientOf(ctx: Context): string {
  return isWindow(ctx) ? WINDOW : ctx.get('User-Agent').slice(0, USER_AGENT_CHARACTERS);
}

/** For requests that are known to come from Berth's own window. */
export function markWindow(ctx: Context): void {
  ctx.state['isWindow'] = true;
}

function isWindow(ctx: Context): boolean {
  return ctx.state['isWindow'] === true;
}

/** Whether a person is looking with the window or the command line, rather than a client at work. */
export function isLooking(ctx: Context): boolean {
  return isWindow(ctx) || ctx.get('User-Agent') === COMMAND_LINE;
}

/** To be called where a request that is not GET changes nothing: a plan, or a question too long for an address. */
export function markRead(ctx: Context): void {
  ctx.state['isRead'] = true;
}

/** Whether it changes nothing, as far as its method or its handler says. */
export function isRead(ctx: Context): boolean {
  return ctx.method === 'GET' || ctx.method === 'HEAD' || ctx.state['isRead'] === true;
}

/** Tells when the client has gone. To be released, because a connection serves many requests. */
export function watchConnection(ctx: Context): { gone: AbortSignal; release: () => void } {
  const { socket } = ctx.req;
  const gone = new AbortController();
  const onClose = (): void => gone.abort(new RegistryError('REQUEST_ABORTED', 'The client has gone.'));
  if (socket.destroyed) onClose();
  else socket.once('close', onClose);
  return { gone: gone.signal, release: () => socket.off('close', onClose) };
}
