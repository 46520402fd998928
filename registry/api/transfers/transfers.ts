import type { IncomingMessage } from 'node:http';
import { blobsNamed, type Manifest } from '../../catalog/repository.ts';
import type { Catalog } from '../../catalog/catalog.ts';
import type { Digest } from '../../reference.ts';
import type { Transfer } from '../contract.ts';
import type { ThroughputMeter } from './throughput.ts';
import { Flights, type Flight } from './flights.ts';
import { LOOK_MS } from './speed.ts';
import { keyOf, OneTransfer, type Blob, type Direction, type Origin } from './transfer.ts';

const REMEMBERED = 200;

/** A push prepares its next layer meanwhile; somebody who pulls does not wait. */
const IDLE_MS: Record<Direction, number> = { push: 30_000, pull: 5000 };
/** All that was asked for is there, and only what else belongs to it could still follow. */
const COMPLETE_MS = 1500;

/**
 * Pushes and pulls, put together from the requests that make them: those of one client in one repository are one
 * transfer, until a manifest says which blobs belong to it.
 */
export class Transfers {
  readonly #catalog: Catalog;
  readonly #meter: ThroughputMeter;
  readonly #publish: (transfer: OneTransfer) => void;
  readonly #active = new Map<string, Set<OneTransfer>>();
  readonly #ended: OneTransfer[] = [];
  readonly #flights: Flights;
  readonly #uploads = new Map<string, Blob>();
  readonly #changed = new Set<OneTransfer>();
  #timer: NodeJS.Timeout | undefined;
  #created = 0;

  /** @param publish told of each transfer that changed, a few times a second */
  constructor(catalog: Catalog, meter: ThroughputMeter, publish: (transfer: OneTransfer) => void) {
    this.#catalog = catalog;
    this.#meter = meter;
    this.#flights = new Flights(meter);
    this.#publish = publish;
  }

  /** Those in flight and the last that ended, in the order in which they began. */
  all(): Transfer[] {
    const all = [...this.#ended];
    for (const active of this.#active.values()) all.push(...active);
    return all
      .filter(({ isReal }) => isReal)
      .sort((one, other) => Number(one.id) - Number(other.id))
      .map((each) => each.describe());
  }

  close(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** The push that the client has under way there, or a new one. */
  push(origin: Origin): OneTransfer {
    const [push] = this.#active.get(keyOf(origin)) ?? [];
    return push ?? this.#begin(origin);
  }

  /** The pull to which a request for a manifest belongs, or a new one. */
  pullOf(origin: Origin, manifest: Digest, reference: string): OneTransfer {
    const pulls = [...(this.#active.get(keyOf(origin)) ?? [])];
    const known =
      pulls.find((each) => each.reference === reference) ??
      (reference === manifest ? pulls.find((each) => this.#expects(each, manifest)) : undefined);
    const pull = known ?? this.#begin(origin);
    pull.reference ??= reference;
    pull.manifests.add(manifest);
    this.touch(pull);
    return pull;
  }

  /** The pull to which a blob belongs, or a new one. */
  pullOfBlob(origin: Origin, digest: Digest): OneTransfer {
    const pulls = [...(this.#active.get(keyOf(origin)) ?? [])];
    const naming = pulls.filter((each) => this.#imagesOf(each).some((image) => names(image, digest)));
    const without = naming.find((each) => each.find(digest) === undefined);
    return without ?? naming.at(-1) ?? pulls.at(-1) ?? this.#begin(origin);
  }

  upload(id: string): Blob | undefined {
    return this.#uploads.get(id);
  }

  opened(id: string, blob: Blob): void {
    this.#uploads.set(id, blob);
  }

  closed(id: string): void {
    this.#uploads.delete(id);
  }

  /** It was none: there is no such session, and nothing was sent to it. */
  unknown(id: string, { blob }: Flight): void {
    const { transfer } = blob;
    this.#uploads.delete(id);
    transfer.remove(blob);
    transfer.isReal &&= !transfer.isEmpty;
  }

  /** A request begins to move a blob. */
  take(blob: Blob, request: IncomingMessage): Flight {
    const { transfer } = blob;
    if (transfer.endedAt !== undefined) this.#revive(transfer);
    this.touch(transfer);
    return this.#flights.take(blob, request);
  }

  /** @param bytes that it moved in all; as its connection says if absent */
  land(flight: Flight, state: Blob['state'], bytes?: number): void {
    this.#flights.land(flight, state, bytes);
    this.touch(flight.blob.transfer);
  }

  /** Something was sent that is no blob. */
  count(transfer: OneTransfer, bytes: number): void {
    transfer.bytes += bytes;
    transfer.speed.add(bytes);
    this.#meter.add(transfer.origin.direction, bytes);
    this.touch(transfer);
  }

  /** The client need not send it. */
  alreadyHere(transfer: OneTransfer, digest: Digest, size: number): void {
    if (transfer.find(digest) === undefined) transfer.add(digest, size, 'already here');
    this.touch(transfer);
  }

  /**
   * A manifest is in place. One with a tag is the end of its push: what it does not name belongs to another that
   * the same client has under way.
   */
  pushed(transfer: OneTransfer, digest: Digest, reference: string): void {
    const { repository: name } = transfer.origin;
    const repository = this.#catalog.findRepository(name);
    transfer.manifests.add(digest);
    transfer.isReal = true;
    const own = new Set<Digest>();
    const others = new Set(transfer.manifests);
    for (const each of repository?.manifestsBelow(digest) ?? []) {
      others.delete(each.digest);
      for (const blob of blobsNamed(each)) {
        own.add(blob.digest);
        this.alreadyHere(transfer, blob.digest, blob.size);
      }
    }
    if (reference === digest) return;
    transfer.reference = reference;
    this.#split(transfer, own, others);
    this.#end(transfer, 'done');
  }

  failed(transfer: OneTransfer, message: string): void {
    transfer.error = message;
    transfer.isReal = true;
    this.touch(transfer);
  }

  /** The last word of a client: its manifest was refused. */
  refused(transfer: OneTransfer, reference: string, message: string): void {
    transfer.reference = reference;
    this.failed(transfer, message);
    this.#end(transfer, 'failed');
  }

  touch(transfer: OneTransfer): void {
    transfer.lastSeen = performance.now();
    this.#changed.add(transfer);
    this.#timer ??= setInterval(() => this.#look(), LOOK_MS).unref();
  }

  #begin(origin: Origin, startedAt = Date.now()): OneTransfer {
    this.#created += 1;
    const transfer = new OneTransfer(String(this.#created), origin, startedAt);
    this.#activate(transfer);
    return transfer;
  }

  #activate(transfer: OneTransfer): void {
    const key = keyOf(transfer.origin);
    const active = this.#active.get(key);
    if (active === undefined) this.#active.set(key, new Set([transfer]));
    else active.add(transfer);
  }

  /** A client goes on with an upload after a long silence. */
  #revive(transfer: OneTransfer): void {
    const index = this.#ended.indexOf(transfer);
    if (index >= 0) this.#ended.splice(index, 1);
    transfer.endedAt = undefined;
    transfer.state = 'running';
    this.#activate(transfer);
  }

  /**
   * @param own blobs that the manifest with a tag names
   * @param pushed manifests that came by digest and are none of its platforms: an SBOM before a signature, say
   */
  #split(transfer: OneTransfer, own: ReadonlySet<Digest>, pushed: ReadonlySet<Digest>): void {
    const taken = new Set<Digest>();
    const others = [...transfer.blobs].filter(({ digest }) => {
      const isOwn = digest !== undefined && own.has(digest) && !taken.has(digest);
      if (digest !== undefined) taken.add(digest);
      return !isOwn;
    });
    for (const blob of others) transfer.remove(blob);
    const moved = others.filter(({ state }) => state === 'running' || state === 'done');
    if (moved.length + pushed.size === 0) return;
    const other = this.#begin(transfer.origin, transfer.startedAt);
    // What was sent twice may have been sent by this one push.
    other.isReal =
      pushed.size > 0 ||
      moved.some(({ digest, state }) => state === 'running' || digest === undefined || !own.has(digest));
    for (const blob of moved) {
      other.take(blob);
      other.bytes += blob.done;
      transfer.bytes -= blob.done;
    }
    for (const manifest of pushed) this.#moveManifest(manifest, transfer, other);
    this.#flights.moved(transfer, other);
    this.touch(other);
  }

  #moveManifest(digest: Digest, from: OneTransfer, to: OneTransfer): void {
    const manifest = this.#catalog.findRepository(from.origin.repository)?.manifests.get(digest);
    from.manifests.delete(digest);
    to.manifests.add(digest);
    to.bytes += manifest?.size ?? 0;
    from.bytes -= manifest?.size ?? 0;
    for (const blob of manifest === undefined ? [] : blobsNamed(manifest)) {
      this.alreadyHere(to, blob.digest, blob.size);
    }
  }

  #end(transfer: OneTransfer, state: 'done' | 'failed' | 'stopped'): void {
    const key = keyOf(transfer.origin);
    const active = this.#active.get(key);
    active?.delete(transfer);
    if (active?.size === 0) this.#active.delete(key);
    this.#changed.add(transfer);
    if (!transfer.isReal) return void this.#changed.delete(transfer);
    transfer.end(state);
    this.#ended.push(transfer);
    if (this.#ended.length <= REMEMBERED) return;
    const forgotten = this.#ended.shift();
    for (const [id, blob] of this.#uploads) if (blob.transfer === forgotten) this.#uploads.delete(id);
  }

  #look(): void {
    const now = performance.now();
    this.#flights.measure();
    for (const active of this.#active.values()) {
      for (const transfer of active) {
        if (transfer.look(now)) this.#changed.add(transfer);
        if (transfer.requests > 0) continue;
        if (now - transfer.lastSeen > this.#patience(transfer)) this.#conclude(transfer);
      }
    }
    for (const transfer of this.#changed) if (transfer.isReal) this.#publish(transfer);
    this.#changed.clear();
    if (this.#active.size === 0) this.close();
  }

  #patience(transfer: OneTransfer): number {
    const { direction } = transfer.origin;
    if (!transfer.isReal) return IDLE_MS.pull;
    if (direction === 'push') return transfer.manifests.size > 0 ? COMPLETE_MS * 2 : IDLE_MS.push;
    return this.#isComplete(transfer) ? COMPLETE_MS : IDLE_MS.pull;
  }

  /** Nothing came for a while. */
  #conclude(transfer: OneTransfer): void {
    const isBroken = [...transfer.blobs].some(({ state }) => state === 'failed' || state === 'running');
    if (transfer.error !== undefined) return this.#end(transfer, 'failed');
    if (transfer.origin.direction === 'push') {
      return this.#end(transfer, transfer.manifests.size > 0 ? 'done' : 'stopped');
    }
    if (isBroken) return this.#end(transfer, 'stopped');
    // What it did not ask for it had.
    if (transfer.isReal) {
      for (const image of this.#imagesOf(transfer)) {
        for (const { digest, size } of blobsNamed(image)) this.alreadyHere(transfer, digest, size);
      }
    }
    this.#end(transfer, 'done');
  }

  #isComplete(transfer: OneTransfer): boolean {
    const images = this.#imagesOf(transfer);
    return (
      images.length > 0 &&
      images.every((image) =>
        blobsNamed(image).every(({ digest }) => transfer.find(digest)?.state === 'done'),
      )
    );
  }

  /** Manifests with layers that it has read. */
  #imagesOf({ manifests, origin }: OneTransfer): Manifest[] {
    const repository = this.#catalog.findRepository(origin.repository);
    return [...manifests].flatMap((digest) => {
      const manifest = repository?.manifests.get(digest);
      return manifest?.config === undefined ? [] : [manifest];
    });
  }

  /** Whether it has read the manifest already, or an index that lists it. */
  #expects({ manifests, origin }: OneTransfer, digest: Digest): boolean {
    if (manifests.has(digest)) return true;
    const repository = this.#catalog.findRepository(origin.repository);
    for (const index of repository?.indexesOf(digest) ?? []) if (manifests.has(index.digest)) return true;
    return false;
  }
}

const names = (image: Manifest, digest: Digest): boolean =>
  blobsNamed(image).some((each) => each.digest === digest);
