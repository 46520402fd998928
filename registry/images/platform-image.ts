import type { Descriptor } from '../catalog/operation.ts';
import type { Manifest, Repository } from '../catalog/repository.ts';
import { Pace } from '../pace.ts';
import { parseConfig, type HistoryStep, type ImageConfiguration } from './config.ts';
import { kindOf } from './kind.ts';
import { LARGEST_MANIFEST } from './manifest.ts';
import type { Store } from './store.ts';

export interface Layer extends Descriptor {
  readonly diffId: string | undefined;
  /** The command that made it. */
  readonly createdBy: string | undefined;
  /** Tags in the whole registry that need it. */
  readonly usedBy: number;
  readonly isPresent: boolean;
}

export interface Step extends HistoryStep {
  /** Its place among the layers; undefined if it made none. */
  readonly layer: number | undefined;
}

export interface ImageContents {
  /** Undefined for artifacts, and where it cannot be read. */
  readonly config: ImageConfiguration | undefined;
  readonly history: readonly Step[];
  readonly layers: readonly Layer[];
}

const LOOKS_AT_ONCE = 8;

/** One manifest with its config and layers. */
export async function readContents(
  store: Store,
  repository: Repository,
  manifest: Manifest,
): Promise<ImageContents> {
  const config = await findConfig(store, manifest);
  const layers = manifest.layers ?? [];
  const history = matchLayers(config?.history ?? [], layers.length);
  const makers = new Map(history.map((step) => [step.layer, step.createdBy]));
  const present = await findPresent(store, repository, layers);
  const pace = new Pace();
  const used = new Map<Descriptor['digest'], number>();
  for (const { digest } of layers) {
    if (!used.has(digest)) used.set(digest, await countTags(store, digest, pace));
  }
  return {
    config,
    history,
    layers: layers.map((layer, index) => ({
      digest: layer.digest,
      mediaType: layer.mediaType,
      size: layer.size,
      diffId: config?.diffIds[index],
      createdBy: makers.get(index) || undefined,
      usedBy: used.get(layer.digest) ?? 0,
      isPresent: present[index] ?? false,
    })),
  };
}

async function findConfig(store: Store, manifest: Manifest): Promise<ImageConfiguration | undefined> {
  const { config } = manifest;
  if (config === undefined || kindOf(manifest) !== 'image' || config.size > LARGEST_MANIFEST)
    return undefined;
  const content = await store.blobs.findContent(config.digest);
  return content === undefined ? undefined : parseConfig(content);
}

/** Steps with a layer follow the layers in order; a history need not name all of them, or names more. */
function matchLayers(history: readonly HistoryStep[], layers: number): Step[] {
  let next = 0;
  return history.map(({ createdBy, created, comment, isEmptyLayer }) => {
    const hasLayer = !isEmptyLayer && next < layers;
    if (hasLayer) next += 1;
    return { createdBy, created, comment, isEmptyLayer, layer: hasLayer ? next - 1 : undefined };
  });
}

async function findPresent(
  store: Store,
  repository: Repository,
  layers: readonly Descriptor[],
): Promise<boolean[]> {
  const present: boolean[] = [];
  for (let start = 0; start < layers.length; start += LOOKS_AT_ONCE) {
    const found = layers
      .slice(start, start + LOOKS_AT_ONCE)
      .map(
        async ({ digest }) =>
          repository.blobs.has(digest) && (await store.blobs.findSize(digest)) !== undefined,
      );
    present.push(...(await Promise.all(found)));
  }
  return present;
}

/** In the whole registry, those of indexes included. In slices: a popular layer is in very many images. */
async function countTags(store: Store, digest: Descriptor['digest'], pace: Pace): Promise<number> {
  const { catalog } = store.ledger;
  const found = new Set(catalog.content.users(digest));
  let count = 0;
  // Sets hand out what is added to them while they are walked.
  for (const manifest of found) {
    await pace.rest();
    const repository = catalog.findRepository(manifest.repository);
    for (const _ of repository?.tagsOf(manifest.digest) ?? []) count += 1;
    for (const index of repository?.indexesOf(manifest.digest) ?? []) found.add(index);
  }
  return count;
}
