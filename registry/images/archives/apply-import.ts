import type { Operation } from '../../catalog/operation.ts';
import type { Repository } from '../../catalog/repository.ts';
import { RegistryError } from '../../error.ts';
import type { Actor } from '../../journal/record.ts';
import type { Digest } from '../../reference.ts';
import { putTag, refuseOverwriting } from '../manifests.ts';
import { isForeignLayer } from '../media-types.ts';
import type { Store } from '../store.ts';
import type { StagedManifest } from './archive-contents.ts';
import { formatTarget, type Target } from './names.ts';
import { contentOf, goneMeanwhile, type Import, type ImportImage } from './staged-import.ts';

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
  /** Told of names whose images are on the disk, and of all names. */
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
  refuseProtected(store, placed);
  const newBytes = await storeContent(store, staged, placed, { signal, onProgress });
  // The last moment: what follows happens whole.
  signal.throwIfAborted();
  const repositories = new Set(placed.map(({ target }) => target.repository));
  const record = await store.ledger.decide(actor, {
    dependsOn: (operation) => 'repository' in operation && repositories.has(operation.repository),
    decide: () => {
      refuseProtected(store, placed);
      return operationsFor(store, staged, placed);
    },
  });
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

function refuseProtected(store: Store, placed: readonly Placed[]): void {
  for (const { target, image } of placed) {
    const { repository, tag } = target;
    if (tag !== undefined) refuseOverwriting(store, repository, [tag], image.digest);
  }
}

/** Durable when it resolves, and in no repository yet: if nothing comes of it, the collector takes it. */
async function storeContent(
  store: Store,
  staged: Import,
  placed: readonly Placed[],
  { signal, onProgress }: ApplyOptions,
): Promise<number> {
  const { blobs } = store;
  let newBytes = 0;
  const done = new Set<Digest>();
  const stored = new Set<ImportImage>();
  for (const [position, { image }] of placed.entries()) {
    onProgress(position, placed.length);
    if (stored.has(image)) continue;
    stored.add(image);
    for (const { digest, size, mediaType } of contentOf(image).values()) {
      if (done.has(digest)) continue;
      signal.throwIfAborted();
      done.add(digest);
      const isHere = (await blobs.findSize(digest)) === size;
      const manifest = image.manifests.get(digest);
      const file = staged.staged.get(digest);
      if (manifest !== undefined) await blobs.put(digest, manifest.content);
      else if (isHere) continue;
      else if (file === undefined && isForeignLayer(mediaType)) continue;
      else if (file === undefined) throw goneMeanwhile();
      else if ('content' in file.place) await blobs.put(digest, file.place.content);
      else {
        await blobs.adopt(file.place.file, digest);
        file.claim?.handOver();
      }
      if (!isHere) newBytes += size;
    }
  }
  await blobs.settleAll();
  onProgress(placed.length, placed.length);
  return newBytes;
}

function operationsFor(store: Store, { brought }: Import, placed: readonly Placed[]): Operation[] {
  const { catalog } = store.ledger;
  const puts: Operation[] = [];
  const tags: Operation[] = [];
  const put = new Set<string>();
  for (const { target, image } of placed) {
    const { repository: name, tag } = target;
    const repository = catalog.findRepository(name);
    for (const manifest of image.manifests.values()) {
      const key = `${name}@${manifest.entry.digest}`;
      if (put.has(key) || isWhole(repository, manifest)) continue;
      put.add(key);
      puts.push({
        op: 'manifest.put',
        repository: name,
        manifest: withAbsent(repository, manifest, brought),
      });
    }
    if (tag !== undefined && repository?.tags.get(tag)?.digest !== image.digest) {
      tags.push(putTag(name, tag, image.digest));
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
