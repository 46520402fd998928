import { isMainThread, Worker } from 'node:worker_threads';
import { workerUrl } from '../../worker-url.ts';
import { invalid } from './tar-header.ts';
import { ZstdDecoder } from './zstd-decoder.ts';
import type { ZstdInput, ZstdOutput, ZstdTask } from './zstd-worker.ts';

/** Of a thread's own memory. What it unpacks is not among it. */
const LIMITS = { maxYoungGenerationSizeMb: 2, maxOldGenerationSizeMb: 64 };

/**
 * Unpacks zstd where Node cannot. It would hold the event loop of the server, which leaves it to a thread; what is
 * in a thread already does it there.
 *
 * @throws RegistryError ARCHIVE_INVALID
 */
export function unzstdInJavaScript(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void, undefined> {
  return isMainThread ? unzstdElsewhere(source) : unzstdHere(source);
}

export async function* unzstdHere(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void, undefined> {
  const out: Uint8Array[] = [];
  const decoder = new ZstdDecoder((bytes) => void out.push(bytes));
  function* taken(work: Generator<void>): Generator<Buffer> {
    for (const _ of work) yield* out.splice(0).map(bufferOf);
    yield* out.splice(0).map(bufferOf);
  }
  for await (const chunk of source) yield* taken(decoder.push(chunk));
  yield* taken(decoder.end());
}

export async function* unzstdElsewhere(
  source: AsyncIterable<Buffer>,
): AsyncGenerator<Buffer, void, undefined> {
  const waiting = new Int32Array(new SharedArrayBuffer(4));
  const worker = new Worker(workerUrl('zstd-worker'), {
    workerData: { waiting: waiting.buffer } satisfies ZstdTask,
    resourceLimits: LIMITS,
  });
  const inbox = new Inbox(worker);
  const chunks = source[Symbol.asyncIterator]();
  const feed = async (): Promise<void> => {
    const next = await chunks.next();
    const input: ZstdInput = next.done === true ? 'end' : new Uint8Array(next.value);
    worker.postMessage(input);
  };
  try {
    await feed();
    for (;;) {
      const message = await inbox.next();
      if (message.kind === 'end') return;
      if (message.kind === 'failed') throw invalid(message.reason);
      if (message.kind === 'more') {
        await feed();
        continue;
      }
      yield bufferOf(message.bytes);
      Atomics.sub(waiting, 0, message.bytes.length);
      Atomics.notify(waiting, 0);
    }
  } finally {
    await worker.terminate();
    await chunks.return?.();
  }
}

function bufferOf({ buffer, byteOffset, byteLength }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}

/** Messages in the order in which they came, one at a time. */
class Inbox {
  readonly #messages: ZstdOutput[] = [];
  #failure: Error | undefined;
  #wake: () => void = () => undefined;

  constructor(worker: Worker) {
    worker.on('message', (message: ZstdOutput) => {
      this.#messages.push(message);
      this.#wake();
    });
    worker.on('error', (error) => {
      this.#failure = error instanceof Error ? error : new Error(String(error));
      this.#wake();
    });
  }

  async next(): Promise<ZstdOutput> {
    for (;;) {
      const message = this.#messages.shift();
      if (message !== undefined) return message;
      if (this.#failure !== undefined) throw this.#failure;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}
