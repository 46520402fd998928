import type { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import type { Context } from 'koa';
import { RegistryError } from '../error.ts';

/** A body that stands still for this long, or nearly so, is given up. */
const STALL_MS = 60_000;
const STALL_BYTES = 1024;

/** How much of a body that nobody wants is read, so that its sender gets to read why. */
const DRAIN_BYTES = 64 << 20;
const DRAIN_MS = 10_000;

/**
 * The body of a request, on its way in. Uploads may take hours, so what is policed is not their length
 * but their progress. Whatever goes wrong, the connection stays open for the answer.
 */
export class Body {
  readonly #ctx: Context;
  readonly #stream: Readable;
  /** Told of the time in which the receiver has no room for it. */
  readonly waiting?: (work: () => Promise<void>) => Promise<void>;
  /** Bytes that were read. */
  #received = 0;

  constructor(ctx: Context, waiting?: (work: () => Promise<void>) => Promise<void>) {
    this.#ctx = ctx;
    if (waiting !== undefined) this.waiting = waiting;
    this.#stream = ctx.req;
  }

  /** What the client says of it. */
  get length(): number | undefined {
    return this.#ctx.request.length;
  }

  /**
   * Hands each chunk to `onChunk` and resolves at the end.
   *
   * @param stop ends it early, with the reason that it is aborted with
   * @throws RegistryError REQUEST_TIMEOUT when next to nothing arrives; the stream's error when it breaks off
   */
  async consume(onChunk: (chunk: Buffer) => void, stop: AbortSignal): Promise<void> {
    const stalled = new AbortController();
    const signal = AbortSignal.any([stop, stalled.signal]);
    const watch = this.#watch(stalled);
    const onData = (chunk: Buffer): void => {
      this.#received += chunk.length;
      onChunk(chunk);
    };
    // Only now: a request that was refused before this line was refused without its body.
    if (/^100-continue$/i.test(this.#ctx.get('Expect'))) this.#ctx.res.writeContinue();
    this.#stream.on('data', onData);
    try {
      await finished(this.#stream, { writable: false, signal });
    } catch (error) {
      throw signal.aborted ? signal.reason : error;
    } finally {
      this.#stream.off('data', onData);
      clearInterval(watch);
      this.#ctx.state['bytesIn'] = this.#received;
    }
  }

  pause(): void {
    this.#stream.pause();
  }

  resume(): void {
    this.#stream.resume();
  }

  #watch(stalled: AbortController): NodeJS.Timeout {
    let atLastLook = 0;
    return setInterval(() => {
      const isStalled = this.#received - atLastLook < STALL_BYTES && !this.#stream.isPaused();
      atLastLook = this.#received;
      if (!isStalled) return;
      stalled.abort(
        new RegistryError('REQUEST_TIMEOUT', 'The body did not arrive. Go on from where it stopped.'),
      );
    }, STALL_MS);
  }
}

/**
 * A small body as a whole.
 *
 * @param limit bytes
 * @throws RegistryError CONTENT_TOO_LARGE
 */
export async function readBody(ctx: Context, limit: number): Promise<Buffer> {
  const tooLarge = (): RegistryError =>
    new RegistryError('CONTENT_TOO_LARGE', `This may have at most ${limit} bytes.`, { detail: { limit } });
  if ((ctx.request.length ?? 0) > limit) throw tooLarge();
  const stop = new AbortController();
  const chunks: Buffer[] = [];
  let bytes = 0;
  await new Body(ctx).consume((chunk) => {
    bytes += chunk.length;
    if (bytes > limit) stop.abort(tooLarge());
    else chunks.push(chunk);
  }, stop.signal);
  return Buffer.concat(chunks);
}

/**
 * Answers a request that was refused before the end of its body. A connection that closes with the answer
 * would be reset while the client is still sending, and the answer be lost: so the answer leaves first, and
 * what still comes is read for a while. Elsewhere this leaves the answer to Koa.
 */
export async function answerEarly(ctx: Context, answer: Buffer): Promise<void> {
  const { req, res } = ctx;
  const isComing = ctx.get('Expect') === '' && !req.complete && !req.destroyed;
  if (!isComing || res.shouldKeepAlive) return;
  ctx.respond = false;
  res.write(answer);
  let drained = 0;
  const enough = new AbortController();
  const onData = (chunk: Buffer): void => {
    drained += chunk.length;
    if (drained > DRAIN_BYTES) enough.abort();
  };
  req.on('data', onData);
  req.resume();
  try {
    await finished(req, {
      writable: false,
      signal: AbortSignal.any([enough.signal, AbortSignal.timeout(DRAIN_MS)]),
    });
  } catch {
    // Enough was read, or the client has gone. Either way it had the time to read the answer.
  } finally {
    req.off('data', onData);
    res.end();
  }
}
