import type { Context } from 'koa';
import { RegistryError } from '../error.ts';
import type { Actor } from '../journal/record.ts';
import { parseName, parseTag, isDigest, parseDigest } from '../reference.ts';

/** A body that stands still for this long, or nearly so, is given up. */
const STALL_MS = 60_000;
const STALL_BYTES = 1024;

/** How much of a body that nobody wants is read, so that its sender gets to read why. */
const DRAIN_BYTES = 64 << 20;
const DRAIN_MS = 3000;

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
  const reference = param(ctx, 'reference');
  if (isDigest(reference)) return reference;
  // Anything with a colon was meant to be a digest: that is the better message.
  return reference.includes(':') ? parseDigest(reference) : parseTag(reference);
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

export function clientOf(ctx: Context): string {
  return ctx.get('User-Agent').slice(0, USER_AGENT_CHARACTERS);
}

/**
 * The request's body, chunk by chunk. Uploads may take hours, so what is policed is not their length but
 * their progress.
 *
 * @throws RegistryError REQUEST_TIMEOUT when next to nothing arrives, REQUEST_ABORTED when it breaks off
 */
export async function* bodyOf(ctx: Context): AsyncIterable<Buffer> {
  let received = 0;
  let atLastLook = 0;
  let stalled = false;
  // Only now: a request that was refused before this line was refused without its body.
  if (/^100-continue$/i.test(ctx.get('Expect'))) ctx.res.writeContinue();
  const watch = setInterval(() => {
    stalled = received - atLastLook < STALL_BYTES;
    atLastLook = received;
    if (stalled) ctx.req.destroy();
  }, STALL_MS);
  try {
    // Not the plain iterator: it would close the connection under an answer that refuses the body.
    for await (const chunk of ctx.req.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      received += chunk.length;
      yield chunk;
    }
  } catch (error) {
    if (!stalled) throw error;
    throw new RegistryError('REQUEST_TIMEOUT', 'The body did not arrive. Go on from where it stopped.', {
      cause: error,
    });
  } finally {
    clearInterval(watch);
    ctx.state['bytesIn'] = received;
  }
}

/**
 * Reads on for a while when a request was refused before its end. On a connection that closes with the
 * answer, the answer would be lost while the client is still sending.
 */
export async function drainBody(ctx: Context): Promise<void> {
  const { req, res } = ctx;
  const isExpected = ctx.get('Expect') === '' && !req.complete && !req.destroyed;
  if (!isExpected || res.shouldKeepAlive) return;
  let drained = 0;
  const timeout = setTimeout(() => req.destroy(), DRAIN_MS);
  try {
    for await (const chunk of req.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      drained += chunk.length;
      if (drained > DRAIN_BYTES) return;
    }
  } catch {
    // The client has gone; there is nobody to answer.
  } finally {
    clearTimeout(timeout);
  }
}

/**
 * A small body as a whole.
 *
 * @throws RegistryError CONTENT_TOO_LARGE
 */
export async function readBody(ctx: Context, limit: number): Promise<Buffer> {
  const tooLarge = (): RegistryError =>
    new RegistryError('CONTENT_TOO_LARGE', `This may have at most ${limit} bytes.`, { detail: { limit } });
  if ((ctx.request.length ?? 0) > limit) throw tooLarge();
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of bodyOf(ctx)) {
    bytes += chunk.length;
    if (bytes > limit) throw tooLarge();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
