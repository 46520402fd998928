/** A client that has been silent for so long in a repository has no second push under way there. */
const SILENT_MS = 10_000;

/** Between two requests of one push there is less time than that, and between two pushes there is more. */
const QUIET_MS = 20;

/** Something that a client was told, and what it has not made use of yet. */
export interface Promised {
  /** Milliseconds since 1970. */
  readonly until: number;
}

/** What one client program does in a repository. Several pushes of it cannot be told apart. */
export class Activity {
  readonly #promised = new Set<Promised>();
  #requests = 0;
  #waiting = 0;
  /** When its last request ended, in milliseconds since 1970. */
  #lastSeen = 0;
  /** When a pause began in which nothing was under way, the last one. */
  #pausedAt = 0;

  /** Whether it is at work, or was a moment ago. A request that waits for room says nothing about others. */
  get isAlive(): boolean {
    return this.#requests > this.#waiting || Date.now() - this.#lastSeen < SILENT_MS;
  }

  /** Whether it has anything under way, if only a request that waits. */
  get isBusy(): boolean {
    return this.#requests > 0 || this.isAlive;
  }

  /** Whether nothing is left to remember. */
  get isOver(): boolean {
    return !this.isBusy && !this.#isOwed;
  }

  promise(promised: Promised): void {
    this.#promised.add(promised);
  }

  fulfil(promised: Promised): void {
    this.#promised.delete(promised);
  }

  /** Whether since that time there was a pause in which nothing was under way, as far as can be seen. */
  hasPausedSince(time: number): boolean {
    this.#notePause();
    return this.#pausedAt >= time;
  }

  /** A request, from its beginning to its end. */
  async working<T>(work: () => Promise<T>): Promise<T> {
    this.#notePause();
    this.#requests += 1;
    try {
      return await work();
    } finally {
      this.#requests -= 1;
      this.#lastSeen = Date.now();
    }
  }

  /** The part of a request in which it waits for room. */
  async waiting<T>(work: () => Promise<T>): Promise<T> {
    this.#waiting += 1;
    try {
      return await work();
    } finally {
      this.#waiting -= 1;
    }
  }

  #notePause(): void {
    if (this.#requests > 0 || this.#lastSeen === 0 || this.#isOwed) return;
    if (Date.now() - this.#lastSeen >= QUIET_MS) this.#pausedAt = this.#lastSeen;
  }

  /** Whether a manifest is still to come that names what the client was told of. */
  get #isOwed(): boolean {
    for (const promised of this.#promised) {
      if (promised.until > Date.now()) return true;
      this.#promised.delete(promised);
    }
    return false;
  }
}
