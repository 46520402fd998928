import type { Client } from './client.ts';
import { findReference } from './reference.ts';

/** One image manifest, as the commands about its layers need it. */
export interface ImageOfPlatform {
  readonly repository: string;
  readonly digest: string;
  readonly layers: readonly { readonly digest: string; readonly size: number }[];
  /** What made each layer; undefined where nothing says. */
  readonly commands: readonly (string | undefined)[];
}

interface Manifest {
  readonly config?: { readonly digest: string; readonly size: number };
  readonly layers?: readonly { readonly digest: string; readonly size: number }[] | null;
  readonly manifests?: readonly Child[];
}

interface Child {
  readonly digest: string;
  readonly platform?: { readonly os?: string; readonly architecture?: string; readonly variant?: string };
}

/** A config is read whole only up to here. */
const LARGEST_CONFIG = 4 << 20;

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
  const { name, reference } = await findReference(client, text);
  const first = await readManifest(client, name, reference);
  if (first.manifest.manifests === undefined) return await imageOf(client, name, first);
  const digest = choose(first.manifest.manifests, platform, text);
  return await imageOf(client, name, await readManifest(client, name, digest));
}

interface Found {
  readonly digest: string;
  readonly manifest: Manifest;
}

async function readManifest(client: Client, name: string, reference: string): Promise<Found> {
  const { headers, bytes } = await client.request('GET', `/v2/${name}/manifests/${reference}`);
  return {
    digest: headers.get('Docker-Content-Digest') ?? reference,
    manifest: JSON.parse(bytes.toString()) as Manifest,
  };
}

function choose(children: readonly Child[], wanted: string | undefined, text: string): string {
  const images = children.filter(({ platform }) => platform?.os !== 'unknown');
  const own = `linux/${process.arch === 'x64' ? 'amd64' : process.arch}`;
  const found = images.find((each) => isPlatform(each, wanted ?? own));
  const only = wanted === undefined && images.length === 1 ? images[0] : undefined;
  const chosen = found ?? only;
  if (chosen !== undefined) return chosen.digest;
  const names = images.map((each) => `  --platform ${platformOf(each)}`).join('\n');
  throw new Error(`${text} has no image for ${wanted ?? own}. There are:\n${names}`);
}

/** `linux/arm` means every variant of it. */
function isPlatform(child: Child, wanted: string): boolean {
  const platform = platformOf(child);
  return platform === wanted || platform.startsWith(`${wanted}/`);
}

function platformOf({ platform = {} }: Child): string {
  const { os = 'unknown', architecture = 'unknown', variant } = platform;
  return [os, architecture, ...(variant === undefined ? [] : [variant])].join('/');
}

async function imageOf(
  client: Client,
  repository: string,
  { digest, manifest }: Found,
): Promise<ImageOfPlatform> {
  const layers = manifest.layers ?? [];
  return { repository, digest, layers, commands: await readCommands(client, repository, manifest) };
}

/** Only what the config says; an artifact's may be anything. */
async function readCommands(
  client: Client,
  repository: string,
  { config }: Manifest,
): Promise<(string | undefined)[]> {
  if (config === undefined || config.size > LARGEST_CONFIG) return [];
  try {
    const { bytes } = await client.request('GET', `/v2/${repository}/blobs/${config.digest}`);
    const { history } = JSON.parse(bytes.toString()) as { history?: unknown };
    if (!Array.isArray(history)) return [];
    return (history as { created_by?: unknown; empty_layer?: unknown }[])
      .filter((step) => step.empty_layer !== true)
      .map(({ created_by: command }) => (typeof command === 'string' ? command : undefined));
  } catch {
    // No config that anybody could read: there is nothing to say then.
    return [];
  }
}
