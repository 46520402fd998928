import { Worker } from 'node:worker_threads';
import { invalid } from '../tar/tar-header.ts';
import type { LayerMessage, LayerTask } from './archive-layer-worker.ts';
import { workerUrl } from '../../worker-url.ts';

/** It has little to remember, and collects the sooner what it has read. MiB. */
const LIMITS = { maxYoungGenerationSizeMb: 2, maxOldGenerationSizeMb: 64 };

export interface LayerResult {
  /** Of what came out. */
  readonly digest: `sha256:${string}`;
  readonly size: number;
}

/** A thread that compresses and unpacks layers, one after the other. It begins with the first. */
export class LayerWorker {
  readonly #signal: AbortSignal;
  #worker: Worker | undefined;

  constructor(signal: AbortSignal) {
    this.#signal = signal;
  }

  get isStopped(): boolean {
    return this.#signal.aborted;
  }

  /**
   * @param onProgress told of bytes of the source
   * @throws RegistryError ARCHIVE_INVALID; the system's error; the reason of the signal
   */
  async run(task: LayerTask, onProgress: (bytes: number) => void): Promise<LayerResult> {
    this.#signal.throwIfAborted();
    const worker = (this.#worker ??= this.#start());
    const cleanUp: (() => void)[] = [];
    try {
      return await new Promise<LayerResult>((resolve, reject) => {
        const onMessage = (message: LayerMessage): void => {
          if (message.kind === 'progress') onProgress(message.bytes);
          else if (message.kind === 'done') resolve(message);
          else reject(errorOf(message));
        };
        const onAbort = (): void => reject(this.#signal.reason as Error);
        worker.on('message', onMessage);
        worker.once('error', reject);
        this.#signal.addEventListener('abort', onAbort);
        cleanUp.push(
          () => worker.off('message', onMessage),
          () => worker.off('error', reject),
          () => this.#signal.removeEventListener('abort', onAbort),
        );
        worker.postMessage(task);
      });
    } finally {
      for (const step of cleanUp) step();
    }
  }

  #start(): Worker {
    const worker = new Worker(workerUrl('archive-layer-worker'), { resourceLimits: LIMITS });
    // Also when nobody waits for it: an error that nobody hears would end the process.
    worker.on('error', () => {
      if (this.#worker === worker) this.#worker = undefined;
    });
    return worker;
  }

  async close(): Promise<void> {
    await this.#worker?.terminate();
  }
}

function errorOf(message: Exclude<LayerMessage, { kind: 'progress' | 'done' }>): Error {
  if (message.kind === 'refused') return invalid(`A layer in the archive cannot be read. ${message.reason}`);
  return Object.assign(new Error(message.reason), { code: message.code });
}
