import { Worker, type ResourceLimits } from 'node:worker_threads';
import { RegistryError, type ErrorCode } from '../../error.ts';
import { workerUrl } from '../../worker-url.ts';
import type { Answers, FromWorker, Question, ToWorker, WorkerSettings } from './protocol.ts';

/** Trees are forgotten, and their memory given back, when nobody looked at one for so long. */
const IDLE_MS = 5 * 60_000;

/** What a thread may take that is no bytes of files: trees, by the bound that they have, and as much for work. */
const LIMITS: ResourceLimits = { maxOldGenerationSizeMb: 1536, stackSizeMb: 8 };

interface Asked {
  readonly onProgress: ((done: number, total: number) => void) | undefined;
  readonly onPart: ((value: unknown) => void) | undefined;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

export interface AskOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: (done: number, total: number) => void;
  /** To be answered with `taken` of the id that it comes with. */
  readonly onPart?: (value: unknown, taken: () => void) => void;
}

/** The thread in which layers are read: started when there is a question, ended when there was none for a while. */
export class WorkerDesk {
  readonly #settings: WorkerSettings;
  readonly #limits: ResourceLimits;
  readonly #asked = new Map<number, Asked>();
  #worker: Worker | undefined;
  #idle: NodeJS.Timeout | undefined;
  #lastId = 0;

  constructor(settings: WorkerSettings, limits: ResourceLimits = {}) {
    this.#settings = settings;
    this.#limits = { ...LIMITS, ...limits };
  }

  /** @throws RegistryError as the thread does; INTERNAL if it ends before it has answered */
  async ask<Asking extends Question>(
    question: Asking,
    options: AskOptions = {},
  ): Promise<Answers[Asking['kind']]> {
    const { signal, onProgress, onPart } = options;
    signal?.throwIfAborted();
    const worker = this.#start();
    this.#lastId += 1;
    const id = this.#lastId;
    const send = (message: ToWorker): void => worker.postMessage(message);
    const cancel = (): void => send({ id, kind: 'cancel' });
    try {
      const answer = await new Promise<unknown>((resolve, reject) => {
        const taken = (): void => send({ id, kind: 'taken' });
        this.#asked.set(id, {
          resolve,
          reject,
          onProgress,
          onPart: onPart === undefined ? undefined : (value) => onPart(value, taken),
        });
        signal?.addEventListener('abort', cancel);
        send({ id, kind: 'ask', question });
      });
      return answer as Answers[Asking['kind']];
    } finally {
      signal?.removeEventListener('abort', cancel);
      this.#asked.delete(id);
      this.#rest();
    }
  }

  async close(): Promise<void> {
    clearTimeout(this.#idle);
    await this.#worker?.terminate();
  }

  #start(): Worker {
    clearTimeout(this.#idle);
    if (this.#worker !== undefined) return this.#worker;
    const worker = new Worker(workerUrl('files-worker'), {
      workerData: this.#settings,
      resourceLimits: this.#limits,
    });
    this.#worker = worker;
    worker.on('message', (message: FromWorker) => this.#hear(message));
    worker.on('error', (error: unknown) => this.#lose(worker, error));
    worker.on('exit', () => this.#lose(worker, undefined));
    return worker;
  }

  #hear(message: FromWorker): void {
    const asked = this.#asked.get(message.id);
    switch (message.kind) {
      case 'progress':
        return asked?.onProgress?.(message.done, message.total);
      case 'part':
        return asked?.onPart?.(message.value);
      case 'done':
        return asked?.resolve(message.value);
      case 'failed':
        return asked?.reject(new RegistryError((message.code ?? 'INTERNAL') as ErrorCode, message.message));
    }
  }

  /** Whoever waits for it is told, and the next question starts another one. */
  #lose(worker: Worker, cause: unknown): void {
    if (this.#worker !== worker) return;
    this.#worker = undefined;
    clearTimeout(this.#idle);
    const isMemory = cause instanceof Error && 'code' in cause && cause.code === 'ERR_WORKER_OUT_OF_MEMORY';
    const message = isMemory
      ? 'The image has more files than there is memory for.'
      : 'Reading the layers ended unexpectedly. Try again; the log says more.';
    for (const { reject } of this.#asked.values())
      reject(new RegistryError('UNAVAILABLE', message, { cause }));
    this.#asked.clear();
  }

  #rest(): void {
    if (this.#asked.size > 0 || this.#worker === undefined) return;
    clearTimeout(this.#idle);
    const worker = this.#worker;
    this.#idle = setTimeout(() => {
      this.#worker = undefined;
      void worker.terminate();
    }, IDLE_MS).unref();
    // A thread that has nothing to do keeps no process alive.
    worker.unref();
  }
}
