import type { Digest } from '../../reference.ts';
import { iso } from '../../time.ts';
import type { Transfer } from '../contract.ts';
import { perSecond, Speed } from './speed.ts';

export type Direction = Transfer['direction'];

export interface Blob {
  /** Who sends or fetches it: a push may turn out to be several. */
  transfer: OneTransfer;
  digest: Digest | undefined;
  size: number | undefined;
  done: number;
  state: Transfer['blobs'][number]['state'];
  /** Since its first request; absent before. */
  speed: Speed | undefined;
}

/** Where a transfer comes from. One client does one thing in a repository, until it is known better. */
export interface Origin {
  readonly direction: Direction;
  readonly repository: string;
  readonly client: string;
  readonly address: string;
}

/** The same for all that may belong together. */
export function keyOf({ direction, repository, client, address }: Origin): string {
  return `${direction}\n${repository}\n${client}\n${address}`;
}

/** More than any image has. */
const MOST_BLOBS = 1000;

/** One push or pull, as it is put together from the requests of its client. */
export class OneTransfer {
  readonly id: string;
  readonly origin: Origin;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  reference: string | undefined;
  endedAt: number | undefined;
  state: Transfer['state'] = 'running';
  error: string | undefined;
  /** Bytes that went over the wire. */
  bytes = 0;
  /** Requests that are under way. */
  requests = 0;
  lastSeen = performance.now();
  /** Something was moved: before that it may be somebody who only asks. */
  isReal = false;
  /** Manifests that the client has pushed, or read. */
  readonly manifests = new Set<Digest>();
  readonly #blobs = new Set<Blob>();
  readonly #byDigest = new Map<Digest, Blob>();
  readonly speed = new Speed();

  constructor(id: string, origin: Origin, startedAt: number) {
    this.id = id;
    this.origin = origin;
    this.startedAt = startedAt;
  }

  get blobs(): Iterable<Blob> {
    return this.#blobs;
  }

  /** Nothing has come of it so far. */
  get isEmpty(): boolean {
    return this.#blobs.size === 0 && this.manifests.size === 0 && this.error === undefined;
  }

  find(digest: Digest): Blob | undefined {
    return this.#byDigest.get(digest);
  }

  add(digest: Digest | undefined, size: number | undefined, state: Blob['state']): Blob {
    const blob: Blob = { transfer: this, digest, size, done: 0, state, speed: undefined };
    this.take(blob);
    return blob;
  }

  /** From another transfer, or a new one. */
  take(blob: Blob): void {
    blob.transfer = this;
    if (this.#blobs.size < MOST_BLOBS) this.#blobs.add(blob);
    if (blob.digest !== undefined) this.#byDigest.set(blob.digest, blob);
  }

  remove(blob: Blob): void {
    this.#blobs.delete(blob);
    if (blob.digest !== undefined && this.#byDigest.get(blob.digest) === blob)
      this.#byDigest.delete(blob.digest);
  }

  /** An upload says at its end what it was. Of several pushes that look like one each may send the same blob. */
  name(blob: Blob, digest: Digest): void {
    const before = this.#byDigest.get(digest);
    if (before?.state === 'already here') this.#blobs.delete(before);
    blob.digest = digest;
    this.#byDigest.set(digest, blob);
  }

  /** Whether it has to be told anew: something of it moves, or did a moment ago. */
  look(now: number): boolean {
    const before = this.speed.recent;
    this.speed.look(now);
    for (const { state, speed } of this.#blobs) if (state === 'running') speed?.look(now);
    return this.requests > 0 || before > 0;
  }

  end(state: Exclude<Transfer['state'], 'running'>): void {
    this.endedAt = Date.now();
    this.state = state;
    if (state === 'done') this.error = undefined;
    this.isReal = true;
  }

  describe(): Transfer {
    const { id, reference, startedAt, endedAt, state, error, bytes } = this;
    const { direction, repository, client, address } = this.origin;
    const blobs = [...this.#blobs];
    return {
      id,
      direction,
      repository,
      reference: reference ?? null,
      client,
      address,
      startedAt: iso(startedAt),
      endedAt: endedAt === undefined ? null : iso(endedAt),
      state,
      error: error ?? null,
      blobs: blobs.map(describeBlob),
      bytes,
      saved: blobs.reduce((sum, each) => sum + (each.state === 'already here' ? (each.size ?? 0) : 0), 0),
      // Of one that is over, all in all.
      speed: endedAt === undefined ? this.speed.recent : perSecond(bytes, endedAt - startedAt),
    };
  }
}

function describeBlob({ digest, size, done, state, speed }: Blob): Transfer['blobs'][number] {
  // Parts of it may have been asked for twice.
  const most = state === 'done' ? (size ?? done) : Math.min(done, size ?? done);
  const average = speed === undefined ? 0 : perSecond(most, speed.lasted);
  return {
    digest: digest ?? null,
    size: size ?? null,
    done: most,
    state,
    speed: state === 'running' ? (speed?.recent ?? 0) : average,
  };
}
