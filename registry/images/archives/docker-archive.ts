import { Pace } from '../../pace.ts';
import { isDigest, type Digest } from '../../reference.ts';
import { LARGEST_MANIFEST } from '../manifest.ts';
import { invalid } from '../tar/tar-header.ts';
import type { ArchiveRoot } from './archive-root.ts';
import { quote } from './entry-path.ts';
import { isFields, readJson, stringOf, stringsOf } from './json.ts';
import type { StagedFile } from './staged-files.ts';

/** An image as `docker save` lists it: nothing of how a registry would have it. */
export interface DockerImage {
  readonly config: StagedFile;
  readonly names: readonly string[];
  readonly layers: readonly { readonly file: StagedFile; readonly diffId: Digest }[];
}

/** Docker stops at 127. */
const MOST_LAYERS = 1000;
export const MOST_IMAGES = 10_000;

/**
 * Reads manifest.json of `docker save`: Docker Image Specification v1.2, "Combined Image JSON + Filesystem
 * Changeset Format".
 *
 * @throws RegistryError ARCHIVE_INVALID
 */
export async function readDockerArchive(root: ArchiveRoot): Promise<readonly DockerImage[]> {
  const file = root.find('manifest.json');
  if (file === undefined) {
    throw invalid('The archive was saved by Docker before 1.10. Load it with a later one and save it again.');
  }
  const list = await readJson(file, "The archive's manifest.json");
  if (!Array.isArray(list)) throw invalid("The archive's manifest.json is no list of images.");
  if (list.length > MOST_IMAGES) throw invalid(`The archive has more than ${MOST_IMAGES} images.`);
  const images: DockerImage[] = [];
  const pace = new Pace();
  const configs: Configs = new Map();
  for (const [position, entry] of list.entries()) {
    images.push(await readDockerImage(root, configs, entry, position));
    await pace.rest();
  }
  return images;
}

/** What configs say of layers: thousands of names may be of the same image. */
export type Configs = Map<StagedFile, readonly Digest[]>;

/** @throws RegistryError ARCHIVE_INVALID */
export async function readDockerImage(
  root: ArchiveRoot,
  configs: Configs,
  entry: unknown,
  position: number,
): Promise<DockerImage> {
  const fields = isFields(entry) ? entry : {};
  const configPath = stringOf(fields['Config']);
  const paths = fields['Layers'] === null ? [] : stringsOf(fields['Layers']);
  if (configPath === undefined || paths === undefined || paths.length > MOST_LAYERS) {
    throw invalid(`The archive's manifest.json has an entry that is no image, number ${position + 1}.`);
  }
  const names = stringsOf(fields['RepoTags'] ?? []) ?? [];
  const what = names[0] === undefined ? `image ${position + 1}` : quote(names[0]);
  const config = root.find(configPath);
  if (config === undefined) throw invalid(`The archive lacks the config of ${what}, ${quote(configPath)}.`);
  const diffIds = configs.get(config) ?? (await readDiffIds(config, what));
  configs.set(config, diffIds);
  if (diffIds.length !== paths.length) {
    throw invalid(
      `The archive has ${paths.length} layers of ${what}, and its config speaks of ${diffIds.length}.`,
    );
  }
  const layers = paths.map((path, index) => {
    const file = root.find(path);
    const diffId = diffIds[index];
    if (file === undefined || diffId === undefined) {
      throw invalid(`The archive lacks a layer of ${what}: ${quote(path)}.`);
    }
    return { file, diffId };
  });
  return { config, names, layers };
}

async function readDiffIds(config: StagedFile, what: string): Promise<readonly Digest[]> {
  if (config.size > LARGEST_MANIFEST) throw invalid(`The config of ${what} is larger than 4 MiB.`);
  const fields = await readJson(config, `The config of ${what}`);
  const rootfs = isFields(fields) && isFields(fields['rootfs']) ? fields['rootfs'] : {};
  const diffIds = stringsOf(rootfs['diff_ids'] ?? []);
  if (diffIds?.every(isDigest) === true) return diffIds;
  throw invalid(`The config of ${what} does not say what its layers are (rootfs.diff_ids).`);
}
