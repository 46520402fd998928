import type { ImageDetails, ListedManifest, ManifestPage, PlatformImage } from '../api/contract.ts';
import type { Client } from './client.ts';
import { findReference } from './reference.ts';

/** A terminal has no room for more. */
const MOST_NAMES = 20;

/** The image of one platform. */
export interface ImageOfPlatform extends PlatformImage {
  readonly repository: string;
}

/**
 * The image that a reference names: of several platforms the one asked for, or this machine's.
 *
 * @throws Error that names the platforms that there are
 */
export async function findImage(
  client: Client,
  text: string,
  platform: string | undefined,
): Promise<ImageOfPlatform> {
  const { name: repository, reference } = await findReference(client, text);
  const details = await client.json<ImageDetails>(
    `/api/images?${new URLSearchParams({ repository, reference })}`,
  );
  if (details.kind === 'artifact') throw new Error(`${text} is no image: it has no files.`);
  const digest =
    details.kind === 'index' ? choose(await readManifests(client, details), platform, text) : details.digest;
  const image = await client.json<PlatformImage>(
    `/api/images/platform?${new URLSearchParams({ repository, digest })}`,
  );
  return { repository, ...image };
}

/** All that an index lists: an answer has but the first of them. */
async function readManifests(
  client: Client,
  { repository, digest, parts: total, manifests: first }: ImageDetails,
): Promise<readonly ListedManifest[]> {
  const manifests = [...first];
  while (manifests.length < total) {
    const about = new URLSearchParams({ repository, digest, from: String(manifests.length) });
    const page = await client.json<ManifestPage>(`/api/images/manifests?${about}`);
    if (page.manifests.length === 0) break;
    manifests.push(...page.manifests);
  }
  return manifests;
}

function choose(manifests: readonly ListedManifest[], wanted: string | undefined, text: string): string {
  const images = manifests.filter(({ attestationOf, present }) => attestationOf === null && present);
  const own = `linux/${process.arch === 'x64' ? 'amd64' : process.arch}`;
  const found = images.find(({ platform }) => isPlatform(platform, wanted ?? own));
  const only = wanted === undefined && images.length === 1 ? images[0] : undefined;
  const chosen = found ?? only;
  if (chosen !== undefined) return chosen.digest;
  const names = [...new Set(images.map(({ platform }) => `  --platform ${platform ?? 'unknown'}`))];
  const more = names.length > MOST_NAMES ? [`  and ${names.length - MOST_NAMES} more`] : [];
  const shown = [...names.slice(0, MOST_NAMES), ...more].join('\n');
  throw new Error(`${text} has no image for ${wanted ?? own}. There are:\n${shown}`);
}

/** `linux/arm` means every variant of it. */
function isPlatform(platform: string | null, wanted: string): boolean {
  return platform === wanted || platform?.startsWith(`${wanted}/`) === true;
}
