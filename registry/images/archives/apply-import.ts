import type { Descriptor, Operation } from '../../catalog/operation.ts';
import type { Repository } from '../../catalog/repository.ts';
import { RegistryError } from '../../error.ts';
import type { Actor, JournalRecord } from '../../journal/record.ts';
import type { Steps } from '../../pace.ts';
import type { Digest } from '../../reference.ts';
import { decidePlanned } from '../decide-planned.ts';
import { putTag, refuseOverwriting } from '../manifests.ts';
import { isForeignLayer } from '../media-types.ts';
import type { Store } from '../store.ts';
import type { StagedManifest } from './archive-contents.ts';
import { formatTarget, type Target } from './names.ts';
import { contentOf, goneMeanwhile, type Import, type ImportImage } from './staged-import.ts';

/** Their syncs share the disk's time. */
const PIECES_AT_ONCE = 8;

/** An image that is wanted, and the names that it is to have. */
export interface Wish {
  readonly digest: Digest;
  readonly targets: readonly Target[];
}

export interface Imported {
  /** The record's number; null if there was nothing to do. */
  readonly change: number | null;
  readonly images: readonly { readonly reference: string; readonly digest: Digest }[];
  readonly newBytes: number;
}

export interface ApplyOptions {
  /** Ends it before anything is in a repository, or not at all. */
  readonly signal: AbortSignal;
  /** Told of names whose images are on the disk or on their way there, and of all names. */
  readonly onProgress: (done: number, total: number) => void;
}

interface Placed {
  readonly target: Target;
  readonly image: ImportImage;
}

/** Puts staged images into their repositories with one record. docs/archives.md */
export async function applyImport(
  store: Store,
  staged: Import,
  wishes: readonly Wish[] | undefined,
  actor: Actor,
  { signal, onProgress }: ApplyOptions,
): Promise<Imported> {
  const placed = place(staged, wishes);
  for (const each of placed) refuseProtected(store, each);
  const newBytes = await storeContent(store, staged, placed, { signal, onProgress });
  // The last moment: what follows happens whole.
  signal.throwIfAborted();
  const record = await commitOperations(store, staged, placed, actor);
  const images = placed.map(({ image: { digest }, target }) => ({
    reference: formatTarget(target, digest),
    digest,
  }));
  return { change: record?.seq ?? null, images, newBytes };
}

/** @throws RegistryError REQUEST_INVALID */
function place({ images }: Import, wishes: readonly Wish[] | undefined): Placed[] {
  const wanted = wishes ?? images.map(({ digest, targets }) => ({ digest, targets }));
  if (wanted.length === 0)
    throw refused('Say which images of the archive to import, or leave it out for all.');
  const seen = new Map<string, Digest>();
  const known = new Map(images.map((each) => [each.digest, each]));
  return wanted.flatMap(({ digest, targets }) => {
    const image = known.get(digest);
    if (image === undefined) throw refused(`This archive has no image ${digest}.`);
    const all = targets.length > 0 ? targets : image.targets;
    if (all.length === 0) throw refused(`The image ${digest} has no name in the archive. Give it one.`);
    return all.flatMap((target) => {
      const name = formatTarget(target, digest);
      const before = seen.get(name);
      if (before === digest) return [];
      if (before !== undefined)
        throw refused(`Two images of the archive are called ${name}. Give each of them its own name.`);
      seen.set(name, digest);
      return [{ target, image }];
    });
  });
}

function refused(message: string): RegistryError {
  return new RegistryError('REQUEST_INVALID', message);
}

function refuseProtected(store: Store, { target: { repository, tag }, image }: Placed): void {
  if (tag !== undefined) refuseOverwriting(store, repository, [tag], image.digest);
}

/** Durable when it resolves, and in no repository yet: if nothing comes of it, the collector takes it. */
async function storeContent(
  store: Store,
  staged: Import,
  placed: readonly Placed[],
  { signal, onProgress }: ApplyOptions,
): Promise<number> {
  const pieces = piecesOf(placed, onProgress);
  let newBytes = 0;
  const storeSome = async (): Promise<void> => {
    for (const piece of pieces) {
      signal.throwIfAborted();
      // Not in one statement, which would add to what it was before others had their turn.
      const bytes = await storePiece(store, staged, piece);
      newBytes += bytes;
    }
  };
  // Who is told that it failed may clear up: nobody writes any more then.
  const ends = await Promise.allSettled(Array.from({ length: PIECES_AT_ONCE }, storeSome));
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
  await store.blobs.settleAll();
  onProgress(placed.length, placed.length);
  return newBytes;
}

interface Piece {
  readonly descriptor: Descriptor;
  readonly manifest: StagedManifest | undefined;
}

/** What the images consist of, each piece once. */
function* piecesOf(
  placed: readonly Placed[],
  onProgress: ApplyOptions['onProgress'],
): Generator<Piece, void, undefined> {
  const seen = new Set<Digest | ImportImage>();
  for (const [position, { image }] of placed.entries()) {
    onProgress(position, placed.length);
    if (seen.has(image)) continue;
    seen.add(image);
    for (const descriptor of contentOf(image).values()) {
      if (seen.has(descriptor.digest)) continue;
      seen.add(descriptor.digest);
      yield { descriptor, manifest: image.manifests.get(descriptor.digest) };
    }
  }
}

/** @returns bytes that were not here before */
async function storePiece(
  { blobs }: Store,
  { staged }: Import,
  { descriptor: { digest, size, mediaType }, manifest }: Piece,
): Promise<number> {
  const isHere = (await blobs.findSize(digest)) === size;
  const file = staged.get(digest);
  if (manifest !== undefined) await blobs.put(digest, manifest.content);
  else if (isHere) return 0;
  else if (file === undefined && isForeignLayer(mediaType)) return 0;
  else if (file === undefined) throw goneMeanwhile();
  else if ('content' in file.place) await blobs.put(digest, file.place.content);
  else {
    await blobs.adopt(file.place.file, digest);
    file.claim?.handOver();
  }
  return isHere ? 0 : size;
}

async function commitOperations(
  store: Store,
  staged: Import,
  placed: readonly Placed[],
  actor: Actor,
): Promise<JournalRecord<Operation> | undefined> {
  const repositories = new Set(placed.map(({ target }) => target.repository));
  const dependsOn = (operation: Operation): boolean =>
    'repository' in operation && repositories.has(operation.repository);
  return await decidePlanned(store, actor, dependsOn, () => operationsFor(store, staged, placed));
}

/** @throws RegistryError TAG_PROTECTED */
function* operationsFor(store: Store, { brought }: Import, placed: readonly Placed[]): Steps<Operation[]> {
  const { catalog } = store.ledger;
  const puts: Operation[] = [];
  const tags: Operation[] = [];
  const put = new Set<string>();
  for (const each of placed) {
    yield;
    refuseProtected(store, each);
    const { repository: name, tag } = each.target;
    const repository = catalog.findRepository(name);
    for (const manifest of each.image.manifests.values()) {
      const key = `${name}@${manifest.entry.digest}`;
      if (put.has(key) || isWhole(repository, manifest)) continue;
      put.add(key);
      puts.push({
        op: 'manifest.put',
        repository: name,
        manifest: withAbsent(repository, manifest, brought),
        imported: true,
      });
    }
    if (tag !== undefined && repository?.tags.get(tag)?.digest !== each.image.digest) {
      tags.push({ ...putTag(name, tag, each.image.digest), imported: true });
    }
  }
  return [...puts, ...tags];
}

function isWhole(repository: Repository | undefined, { entry }: StagedManifest): boolean {
  if (repository?.manifests.has(entry.digest) !== true) return false;
  const { config, layers = [] } = entry;
  const blobs = config === undefined ? layers : [config, ...layers];
  return blobs.every(({ digest, mediaType }) => repository.blobs.has(digest) || isForeignLayer(mediaType));
}

/** Layers that their makers forbid to distribute, and that are not here either. */
function withAbsent(
  repository: Repository | undefined,
  { entry }: StagedManifest,
  brought: ReadonlySet<Digest>,
): StagedManifest['entry'] {
  const absent = (entry.layers ?? [])
    .filter(({ digest, mediaType }) => isForeignLayer(mediaType) && !brought.has(digest))
    .filter(({ digest }) => repository?.blobs.has(digest) !== true)
    .map(({ digest }) => digest);
  return absent.length === 0 ? entry : { ...entry, absent };
}
