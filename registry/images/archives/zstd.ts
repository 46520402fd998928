import { Worker } from 'node:worker_threads';
import { invalid } from '../tar/tar-header.ts';
import { workerUrl } from './worker-url.ts';
import type { ZstdInput, ZstdOutput, ZstdTask } from './zstd-worker.ts';

/** Unpacks zstd in a thread of its own, where Node has none: JavaScript would hold the event loop. */
export async function* decompressZstd(
  source: AsyncIterable<Buffer>,
): AsyncGenerator<Buffer, void, undefined> {
  const waiting = new Int32Array(new SharedArrayBuffer(4));
  const worker = new Worker(workerUrl('zstd-worker'), {
    workerData: { waiting: waiting.buffer } satisfies ZstdTask,
    resourceLimits: { maxYoungGenerationSizeMb: 2, maxOldGenerationSizeMb: 64 },
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
      if (message.kind === 'failed') throw broken(message.isEarlyEnd);
      if (message.kind === 'more') {
        await feed();
        continue;
      }
      const { buffer, byteOffset, byteLength } = message.bytes;
      yield Buffer.from(buffer, byteOffset, byteLength);
      Atomics.sub(waiting, 0, byteLength);
      Atomics.notify(waiting, 0);
    }
  } finally {
    await worker.terminate();
    await chunks.return?.();
  }
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

function broken(isEarlyEnd: boolean): Error {
  return invalid(
    isEarlyEnd
      ? 'The zstd ends early: the archive was cut, or not saved to its end.'
      : 'The zstd is damaged and cannot be unpacked.',
  );
}
