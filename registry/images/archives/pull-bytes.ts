import type { ByteSource } from '../../blobs/receive.ts';

/** So much may wait to be looked at, and the sender waits until the rest is below the second mark. */
const PAUSE_BYTES = 4 << 20;
const RESUME_BYTES = 1 << 20;

/**
 * What a request brings, for a reader that takes it at its own pace.
 *
 * @throws the source's error, or the reason of `stop`
 */
export async function* pullBytes(
  source: ByteSource,
  stop: AbortSignal,
  onBytes: (received: number) => void,
): AsyncGenerator<Buffer, void, undefined> {
  const queue: Buffer[] = [];
  const own = new AbortController();
  let [waiting, received] = [0, 0];
  let outcome: { readonly error?: unknown } | undefined;
  let wake = (): void => undefined;
  const onChunk = (chunk: Buffer): void => {
    queue.push(chunk);
    waiting += chunk.length;
    received += chunk.length;
    onBytes(received);
    if (waiting >= PAUSE_BYTES) source.pause();
    wake();
  };
  const consume = async (): Promise<void> => {
    try {
      await source.consume(onChunk, AbortSignal.any([stop, own.signal]));
      outcome = {};
    } catch (error) {
      outcome = { error };
    }
    wake();
  };
  const consuming = consume();
  try {
    for (;;) {
      // What came before it broke off is of no use to anybody.
      if (outcome !== undefined && 'error' in outcome) throw outcome.error;
      const chunk = queue.shift();
      if (chunk !== undefined) {
        waiting -= chunk.length;
        if (waiting < RESUME_BYTES) source.resume();
        yield chunk;
        continue;
      }
      if (outcome !== undefined) return;
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  } finally {
    own.abort(new Error('nobody reads on'));
    await consuming;
  }
}
