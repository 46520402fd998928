import type { Actor } from '../journal/record.ts';
import { Pace } from '../pace.ts';
import type { Digest } from '../reference.ts';

/** One connection of a client, over which it is told things. */
export interface Caller {
  readonly actor: Actor;
  readonly isOpen: boolean;
}

/** A blob that a client was told of, and may name in a manifest. */
interface Lease {
  readonly repository: string;
  readonly caller: Caller;
  readonly client: string;
  /** Milliseconds since 1970. */
  until: number;
  /** The client has pushed a manifest that names it, but may be pushing another one beside it. */
  settling: boolean;
  /** The connection was closed before it settled: it says nothing about a push that may go on over others. */
  outlivesConnection: boolean;
}

interface Activity {
  requests: number;
  /** Milliseconds since 1970. */
  lastSeen: number;
}

/** How long a client may take from hearing that a blob is here to pushing the manifest that names it. */
export const GRACE_MS = 3_600_000;

/** A client that has been silent for so long in a repository has no second push under way there. */
const SETTLE_MS = 10_000;

/**
 * A client program that opens a connection for each request is told of the same blob over and over. So many
 * pushes of it are told apart, that is: so many manifests have to come before the content is free.
 */
const MOST_OF_A_CLIENT = 100;

export type Hold = 'held' | 'settling' | 'free';

/**
 * Content that must stay although nothing names it yet: a client was told that it is here and will count on
 * it, or an operation is working with it at this moment.
 *
 * A lease ends when a manifest is pushed that names the blob, or after the grace. Several pushes of one
 * client program cannot be told apart. A manifest therefore ends one lease of each blob; the others of this
 * client settle: they end with their connection, or when the client falls silent.
 */
export class Leases {
  readonly #graceMs: number;
  readonly #leases = new Map<Digest, Lease[]>();
  readonly #inUse = new Map<Digest, number>();
  readonly #activity = new Map<string, Activity>();

  constructor(graceMs: number = GRACE_MS) {
    this.#graceMs = graceMs;
  }

  /**
   * To be called before a client is told that its repository has the content.
   *
   * @param settling for a client that only reads: the lease ends with its connection, or when it falls silent
   */
  tell(repository: string, digest: Digest, caller: Caller, settling = false): void {
    const until = Date.now() + this.#graceMs;
    const own = this.#leases
      .get(digest)
      ?.find((each) => each.caller === caller && each.repository === repository);
    if (own !== undefined) {
      own.until = until;
      // Who reads what it was told of before still counts on it.
      if (!settling) own.settling = false;
      return;
    }
    const leases = this.#live(digest);
    const client = clientOf(caller);
    const lease = { repository, caller, client, until, settling, outlivesConnection: false };
    const gone = leases.filter(
      (each) => each.client === client && each.repository === repository && !each.caller.isOpen,
    );
    const [oldest] = gone.length < MOST_OF_A_CLIENT ? [] : gone;
    this.#leases.set(digest, [...leases.filter((each) => each !== oldest), lease]);
  }

  /** How many promises are remembered. */
  get size(): number {
    let size = 0;
    for (const leases of this.#leases.values()) size += leases.length;
    return size;
  }

  /** Somebody deleted the content there: it is not promised any more. */
  revoke(repository: string, digest: Digest): void {
    this.#keep(
      digest,
      this.#live(digest).filter((each) => each.repository !== repository),
    );
  }

  /** A manifest that names the blobs is in place, pushed by this caller. */
  fulfil(repository: string, digests: Iterable<Digest>, caller: Caller): void {
    const client = clientOf(caller);
    for (const digest of digests) {
      const leases = this.#live(digest);
      const own = leases.filter((each) => each.repository === repository && each.client === client);
      const ended =
        own.find((each) => each.caller === caller) ?? own.find((each) => !each.caller.isOpen) ?? own[0];
      // Clients ask about the same blob more than once, and close connections in between.
      for (const lease of own) {
        if (!lease.settling && !lease.caller.isOpen) lease.outlivesConnection = true;
        lease.settling = true;
      }
      this.#keep(
        digest,
        leases.filter((each) => each !== ended),
      );
    }
  }

  /** Skopeo, podman and buildah ask where they want to mount from, and push nothing there. */
  mounted(from: string, digest: Digest, caller: Caller): void {
    const client = clientOf(caller);
    const leases = this.#live(digest);
    const own = leases.filter((each) => each.repository === from && each.client === client);
    const ended = own.find((each) => each.caller === caller) ?? own.find((each) => !each.caller.isOpen);
    this.#keep(
      digest,
      leases.filter((each) => each !== ended),
    );
  }

  /** Whether a client of the repository may count on the blob. */
  isTold(repository: string, digest: Digest): boolean {
    return this.#live(digest).some((each) => each.repository === repository);
  }

  /** Whether the content must stay, whatever the catalog says. What settles is free in a moment. */
  find(digest: Digest): Hold {
    if (this.#inUse.has(digest)) return 'held';
    const leases = this.#live(digest);
    if (leases.length === 0) return 'free';
    return leases.every(({ settling }) => settling) ? 'settling' : 'held';
  }

  /** Something stays only until a client that has finished falls silent. */
  get isSettling(): boolean {
    for (const digest of this.#leases.keys()) if (this.find(digest) === 'settling') return true;
    return false;
  }

  /** Keeps content where it is for as long as `work` takes. */
  async during<T>(digests: readonly Digest[], work: () => Promise<T>): Promise<T> {
    for (const digest of digests) this.#inUse.set(digest, (this.#inUse.get(digest) ?? 0) + 1);
    try {
      return await work();
    } finally {
      for (const digest of digests) {
        const count = (this.#inUse.get(digest) ?? 1) - 1;
        if (count > 0) this.#inUse.set(digest, count);
        else this.#inUse.delete(digest);
      }
    }
  }

  /** Counts a request of a push as a sign of life, from its beginning to its end. */
  async working<T>(repository: string, caller: Caller, work: () => Promise<T>): Promise<T> {
    const key = activityKey(repository, clientOf(caller));
    const activity = this.#activity.get(key) ?? { requests: 0, lastSeen: 0 };
    this.#activity.set(key, activity);
    activity.requests += 1;
    try {
      return await work();
    } finally {
      activity.requests -= 1;
      activity.lastSeen = Date.now();
    }
  }

  /** Somebody is pushing or pulling, or was a moment ago. */
  get isBusy(): boolean {
    for (const { requests, lastSeen } of this.#activity.values()) {
      if (requests > 0 || Date.now() - lastSeen < SETTLE_MS) return true;
    }
    return false;
  }

  /** Forgets what has run out, in slices. */
  async prune(): Promise<void> {
    const pace = new Pace();
    for (const digest of this.#leases.keys()) {
      this.#keep(digest, this.#live(digest));
      await pace.rest();
    }
    for (const [key, { requests, lastSeen }] of this.#activity) {
      if (requests === 0 && Date.now() - lastSeen > SETTLE_MS) this.#activity.delete(key);
    }
  }

  #live(digest: Digest): Lease[] {
    return this.#leases.get(digest)?.filter((lease) => this.#isLive(lease)) ?? [];
  }

  #keep(digest: Digest, leases: Lease[]): void {
    if (leases.length > 0) this.#leases.set(digest, leases);
    else this.#leases.delete(digest);
  }

  #isLive({ repository, client, caller, until, settling, outlivesConnection }: Lease): boolean {
    if (until <= Date.now()) return false;
    if (!settling) return true;
    const activity = this.#activity.get(activityKey(repository, client));
    if (activity === undefined || !(caller.isOpen || outlivesConnection)) return false;
    return activity.requests > 0 || Date.now() - activity.lastSeen < SETTLE_MS;
  }
}

const clients = new WeakMap<Caller, string>();

/** The program and where it runs: the same for all connections of a client. */
function clientOf(caller: Caller): string {
  let client = clients.get(caller);
  if (client === undefined) {
    const { user = '', client: program = '', address = '' } = caller.actor;
    client = `${user}\n${program}\n${address}`;
    clients.set(caller, client);
  }
  return client;
}

function activityKey(repository: string, client: string): string {
  return `${repository}\n${client}`;
}
