import { RegistryError } from '../error.ts';
import { formatBytes } from '../size.ts';

/** File systems give out room in blocks, and a name takes some of its folder's. */
const BLOCK_BYTES = 4096;
const NAME_BYTES = 256;

/** Who streams asks for so much more than it needs at once, or each write would make room for itself. */
const AHEAD_BYTES = 8 << 20;
const AHEAD_SHARE = 1 / 8;

/** While others take what was made free for it, a file asks again, but not for ever. */
const MOST_ROUNDS = 5;

/**
 * Gives content up, if that makes enough room, and removes it from the disk.
 *
 * @param over bytes without which it is of no use: if they cannot be had, nothing is given up
 * @param wanted bytes that others wait for as well
 * @returns bytes that cannot be given up now
 */
export type MakeRoom = (over: number, wanted: number) => Promise<number>;

interface Waiting {
  readonly bytes: number;
  readonly ahead: number;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
  rounds: number;
}

/**
 * The room that content and uploads may take together. Each byte is taken here before it is written, and
 * given back when it is off the disk; so that what is in flight counts, however much of it there is at once.
 */
export class Budget {
  readonly #limit: () => number | null;
  #makeRoom: MakeRoom = async () => this.#taken;
  #taken = 0;
  #waiting: Waiting[] = [];
  #isMaking = false;

  /** @param limit bytes, asked anew each time; null for none */
  constructor(limit: () => number | null = () => null) {
    this.#limit = limit;
  }

  /** Bytes on the disk, and those that are about to be written. */
  get taken(): number {
    return this.#taken;
  }

  /** Bytes; Infinity for none. */
  get limit(): number {
    return this.#limit() ?? Infinity;
  }

  makeRoomWith(makeRoom: MakeRoom): void {
    this.#makeRoom = makeRoom;
  }

  /** What is on the disk already when the registry starts. */
  count(bytes: number): void {
    this.#taken += bytes;
  }

  /** For a file that is being written. */
  claim(): Claim {
    return new Claim(this);
  }

  /**
   * Resolves when there is room. Whoever has to wait shares one run with others that wait.
   *
   * @param ahead bytes that will be asked for next
   * @throws RegistryError STORAGE_FULL naming the setting; the reason of `stop`
   */
  async take(bytes: number, ahead = 0, stop?: AbortSignal): Promise<void> {
    stop?.throwIfAborted();
    if (this.#waiting.length === 0 && this.#fits(bytes)) {
      this.#taken += bytes;
      return;
    }
    await new Promise<void>((resolve, reject) => {
      const waiting: Waiting = { bytes, ahead, rounds: 0, resolve, reject };
      this.#waiting.push(waiting);
      stop?.addEventListener('abort', () => this.#refuse(waiting, stop.reason), { once: true });
      if (!this.#isMaking) void this.#serve();
    });
  }

  give(bytes: number): void {
    this.#taken -= bytes;
  }

  /** In the order in which they came. */
  async #serve(): Promise<void> {
    this.#isMaking = true;
    for (let [first] = this.#waiting; first !== undefined; [first] = this.#waiting) {
      if (this.#fits(first.bytes)) {
        this.#waiting.shift();
        this.#taken += first.bytes;
        first.resolve();
        continue;
      }
      await this.#makeRoomFor(first);
    }
    this.#isMaking = false;
  }

  async #makeRoomFor(first: Waiting): Promise<void> {
    const taken = this.#taken;
    const free = this.limit - taken;
    const wanted = this.#waiting.reduce((sum, { bytes, ahead }) => sum + bytes + ahead, 0);
    first.rounds += 1;
    try {
      const kept = await this.#makeRoom(first.bytes - free, wanted - free);
      const isStuck = this.#taken >= taken || first.rounds === MOST_ROUNDS;
      if (isStuck && !this.#fits(first.bytes)) this.#refuse(first, this.#full(first.bytes, kept));
    } catch (error) {
      this.#refuse(first, error);
    }
  }

  #refuse(waiting: Waiting, reason: unknown): void {
    this.#waiting = this.#waiting.filter((each) => each !== waiting);
    waiting.reject(reason);
  }

  #fits(bytes: number): boolean {
    return bytes <= 0 || this.#taken + bytes <= this.limit;
  }

  #full(incoming: number, kept: number): RegistryError {
    const budget = this.limit;
    return new RegistryError(
      'STORAGE_FULL',
      `Berth may use ${formatBytes(budget)} (the setting "budget"). This needs ${formatBytes(incoming)} more, and ` +
        `${formatBytes(kept)} are protected or in use. Unprotect or delete something, or raise the budget.`,
      { detail: { setting: 'budget', budget, incoming, kept } },
    );
  }
}

/** Tells somebody that the work is nothing but waiting for room. */
export type WhileWaiting = (work: () => Promise<void>) => Promise<void>;

interface Growth {
  /** Nobody knows how much is still to come. */
  readonly isOpenEnded?: boolean;
  readonly stop?: AbortSignal;
  readonly waiting?: WhileWaiting | undefined;
}

/** The room of one file, at least as much as the file has bytes. */
export class Claim {
  readonly #budget: Budget;
  #bytes = 0;

  constructor(budget: Budget) {
    this.#budget = budget;
  }

  /** A file that was counted when the registry started. */
  resume(size: number): this {
    this.#bytes = diskBytes(size);
    return this;
  }

  /**
   * To be awaited before the file grows.
   *
   * @param size in bytes
   * @throws RegistryError STORAGE_FULL; the reason of `stop`
   */
  async grow(size: number, { isOpenEnded = false, stop, waiting }: Growth = {}): Promise<void> {
    const more = diskBytes(size) - this.#bytes;
    if (more <= 0) return;
    const ahead = isOpenEnded ? Math.max(AHEAD_BYTES, Math.floor(size * AHEAD_SHARE)) : 0;
    const take = (): Promise<void> => this.#budget.take(more, ahead, stop);
    await (waiting === undefined ? take() : waiting(take));
    this.#bytes += more;
  }

  /** To be called when the file is no longer than that. */
  shrink(size: number): void {
    const less = this.#bytes - diskBytes(size);
    if (less <= 0) return;
    this.#budget.give(less);
    this.#bytes -= less;
  }

  /** The file has become content, which has its room until it is removed. */
  handOver(): void {
    this.#bytes = 0;
  }
}

/** What a file of that many bytes takes of the disk. */
export function diskBytes(size: number): number {
  return size === 0 ? 0 : Math.ceil(size / BLOCK_BYTES) * BLOCK_BYTES + NAME_BYTES;
}
