import type { Actor } from '../journal/record.ts';
import { Pace } from '../pace.ts';
import type { Digest } from '../reference.ts';
import { Activity } from './activity.ts';

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
  /** When it did, in milliseconds since 1970; undefined for what is only read. */
  fulfilledAt: number | undefined;
  /** The connection was closed before it settled: it says nothing about a push that may go on over others. */
  outlivesConnection: boolean;
}

/** How long a client may take from hearing that a blob is here to pushing the manifest that names it. */
export const GRACE_MS = 3_600_000;

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
  readonly #activities = new Map<string, Activity>();

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
      own.fulfilledAt = undefined;
      if (settling) return;
      own.settling = false;
      this.#activity(repository, own.client).promise(own);
      return;
    }
    const leases = this.#live(digest);
    const client = clientOf(caller);
    const rest = { settling, fulfilledAt: undefined, outlivesConnection: false };
    const lease: Lease = { repository, caller, client, until, ...rest };
    if (!settling) this.#activity(repository, client).promise(lease);
    const gone = leases.filter(
      (each) => each.client === client && each.repository === repository && !each.caller.isOpen,
    );
    const [oldest] = gone.length < MOST_OF_A_CLIENT ? [] : gone;
    this.#leases.set(digest, [...this.#without(leases, oldest), lease]);
  }

  /** How many promises are remembered. */
  get size(): number {
    let size = 0;
    for (const leases of this.#leases.values()) size += leases.length;
    return size;
  }

  /** Somebody deleted the content there: it is not promised any more. */
  revoke(repository: string, digest: Digest): void {
    const leases = this.#live(digest);
    for (const each of leases) if (each.repository === repository) this.#forget(each);
    this.#keep(
      digest,
      leases.filter((each) => each.repository !== repository),
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
        lease.fulfilledAt = Date.now();
        this.#forget(lease);
      }
      this.#keep(digest, this.#without(leases, ended));
    }
  }

  /** Skopeo, podman and buildah ask where they want to mount from, and push nothing there. */
  mounted(from: string, digest: Digest, caller: Caller): void {
    const client = clientOf(caller);
    const leases = this.#live(digest);
    const own = leases.filter((each) => each.repository === from && each.client === client);
    const ended = own.find((each) => each.caller === caller) ?? own.find((each) => !each.caller.isOpen);
    this.#keep(digest, this.#without(leases, ended));
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
    return await this.#activity(repository, clientOf(caller)).working(work);
  }

  /** The part of such a request in which it waits for room. */
  async waiting<T>(repository: string, caller: Caller, work: () => Promise<T>): Promise<T> {
    return await this.#activity(repository, clientOf(caller)).waiting(work);
  }

  /** Somebody is pushing or pulling, or was a moment ago. */
  get isBusy(): boolean {
    for (const activity of this.#activities.values()) if (activity.isBusy) return true;
    return false;
  }

  /**
   * Ends what settles and is a finished push's, most likely: its client has made a pause since, however short,
   * in which it owed no manifest. For when somebody waits for the room. In slices.
   */
  async endFinished(): Promise<void> {
    const pace = new Pace();
    const isFinished = ({ repository, client, settling, fulfilledAt }: Lease): boolean =>
      settling && fulfilledAt !== undefined && this.#activity(repository, client).hasPausedSince(fulfilledAt);
    for (const digest of this.#leases.keys()) {
      const leases = this.#live(digest);
      this.#keep(
        digest,
        leases.filter((each) => !isFinished(each)),
      );
      await pace.rest();
    }
  }

  /** Forgets what has run out, in slices. */
  async prune(): Promise<void> {
    const pace = new Pace();
    for (const digest of this.#leases.keys()) {
      this.#keep(digest, this.#live(digest));
      await pace.rest();
    }
    for (const [key, activity] of this.#activities) if (activity.isOver) this.#activities.delete(key);
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
    const isReachable = caller.isOpen || outlivesConnection;
    return isReachable && (this.#activities.get(activityKey(repository, client))?.isAlive ?? false);
  }

  #without(leases: readonly Lease[], ended: Lease | undefined): Lease[] {
    if (ended !== undefined) this.#forget(ended);
    return leases.filter((each) => each !== ended);
  }

  /** Its client does not owe a manifest for it any more. */
  #forget(lease: Lease): void {
    this.#activities.get(activityKey(lease.repository, lease.client))?.fulfil(lease);
  }

  #activity(repository: string, client: string): Activity {
    const key = activityKey(repository, client);
    let activity = this.#activities.get(key);
    if (activity === undefined) {
      activity = new Activity();
      this.#activities.set(key, activity);
    }
    return activity;
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
