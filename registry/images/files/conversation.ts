import { RegistryError } from '../../error.ts';
import { PARTS_AHEAD } from './protocol.ts';

/** One question that the thread is at work on: how it sends what comes in parts, and hears that nobody wants it any more. */
export class Conversation {
  readonly #send: (value: unknown) => void;
  readonly #cancelled = new AbortController();
  #room = PARTS_AHEAD;
  #waiting: (() => void) | undefined;

  constructor(send: (value: unknown) => void) {
    this.#send = send;
  }

  get signal(): AbortSignal {
    return this.#cancelled.signal;
  }

  /** Sends a part once there is room for it. @throws the reason of `signal` */
  async part(value: unknown): Promise<void> {
    while (this.#room === 0 && !this.signal.aborted) {
      await new Promise<void>((resolve) => {
        this.#waiting = resolve;
      });
    }
    this.signal.throwIfAborted();
    this.#room -= 1;
    this.#send(value);
  }

  taken(): void {
    this.#room += 1;
    this.#waiting?.();
  }

  cancel(): void {
    this.#cancelled.abort(new RegistryError('REQUEST_ABORTED', 'It was cancelled.'));
    this.#waiting?.();
  }
}
