import type {
  DeletedList,
  Health,
  MissingContentList,
  RepositoryList,
  Stats,
  TagList,
  TrashState,
} from '../api/contract.ts';
import { isDigest, parseName } from '../reference.ts';
import type { Client } from './client.ts';
import { count, formatBytes, formatList, formatTable, localTime } from './format.ts';
import type { Answer } from './query.ts';
import { findReference, shortDigest, shortHex, withoutHost } from './reference.ts';
import { readTrash, showDeleted, showTrash, trashNote } from './trash.ts';

export async function showStatus(client: Client): Promise<Answer> {
  const health = await client.json<Health>('/healthz');
  const { repositories, images, layers } = await client.json<Stats>('/_stats');
  const text = formatTable([
    ['Registry', `${client.url} (Berth ${health.version}, up ${formatDuration(health.uptimeSeconds)})`],
    ['Data folder', health.dataFolder],
    ['Holds', `${count(images, 'image')} in ${count(repositories, 'repository', 'repositories')}`],
    ['Layers', `${layers.count}, ${formatBytes(layers.totalSize)}`],
    ['Log level', health.logLevel],
  ]);
  return { json: { url: client.url, ...health, repositories, images, layers }, text };
}

export async function listRepositories(
  client: Client,
  _text: string,
  { trash = false }: { trash?: boolean },
): Promise<Answer> {
  if (trash) return await showDeleted(client);
  const { repositories } = await client.json<RepositoryList>('/api/repositories');
  // To standard error: a script that reads the list gets an empty one.
  if (repositories.length === 0) process.stderr.write(await noneYet(client));
  const rows = repositories.map(({ name, tags, size, exclusive, lastPush, lastPull }) => [
    name,
    String(tags),
    formatBytes(size),
    formatBytes(exclusive),
    localTime(lastPush),
    lastPull === null ? 'never' : localTime(lastPull),
  ]);
  return {
    json: { repositories },
    text: listOrNames(['REPOSITORY', 'TAGS', 'SIZE', 'OWN', 'PUSHED', 'PULLED'], rows),
  };
}

/** People read a table, scripts the names, one a line. */
function listOrNames(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return process.stdout.isTTY ? formatList(head, rows) : rows.map(([name]) => `${name}\n`).join('');
}

async function noneYet(client: Client): Promise<string> {
  const { repositories } = await client.json<DeletedList>('/api/trash');
  const deleted = count(repositories.length, 'repository', 'repositories');
  return repositories.length === 0
    ? firstPush(new URL(client.url).host)
    : `Nothing is here but ${deleted} in the trash: "berth repos --trash" lists what can be put back.\n`;
}

/** Any image will do. */
function firstPush(host: string): string {
  const address = host.replace('127.0.0.1', 'localhost');
  return `Nothing has been pushed yet. To push the first image:
  docker pull alpine
  docker tag alpine ${address}/alpine
  docker push ${address}/alpine
With podman: podman push --tls-verify=false alpine ${address}/alpine
A file that "docker save" has made: berth import alpine.tar
`;
}

export async function listTags(
  client: Client,
  repository: string,
  { trash = false, all = false }: { trash?: boolean; all?: boolean },
): Promise<Answer> {
  const name = parseName(withoutHost(repository));
  if (trash) return await showTrash(client, name);
  const list = await client.json<TagList>(`/api/tags?${new URLSearchParams({ repository: name })}`);
  const { attached } = list;
  if (attached.length > 0 && !all) {
    process.stderr.write(
      `And ${count(attached.length, 'attachment')} (--all shows ${attached.length === 1 ? 'it' : 'them'}).\n`,
    );
  }
  process.stderr.write(trashNote(name, list.trash.length));
  const shown = [...list.tags, ...(all ? attached : [])].sort((one, other) => (one.tag < other.tag ? -1 : 1));
  const rows = shown.map(({ tag, digest, size, exclusive, pushedAt, pulledAt }) => [
    tag,
    shortHex(digest),
    formatBytes(size),
    formatBytes(exclusive),
    localTime(pushedAt),
    pulledAt === null ? 'never' : localTime(pulledAt),
  ]);
  return { json: list, text: listOrNames(['TAG', 'DIGEST', 'SIZE', 'OWN', 'PUSHED', 'PULLED'], rows) };
}

interface ManifestJSON {
  readonly mediaType?: string;
  readonly artifactType?: string;
  readonly config?: DescriptorJSON;
  readonly layers?: readonly DescriptorJSON[];
  readonly manifests?: readonly DescriptorJSON[];
}

interface DescriptorJSON {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
  readonly platform?: { readonly os: string; readonly architecture: string; readonly variant?: string };
}

export async function inspect(
  client: Client,
  text: string,
  { full = false }: { full?: boolean },
): Promise<Answer> {
  const { name, reference } = await findReference(client, text);
  const { headers, bytes } = await client.request('GET', `/v2/${name}/manifests/${reference}`);
  const manifest = JSON.parse(bytes.toString()) as ManifestJSON;
  const digest = headers.get('Docker-Content-Digest');
  const mediaType = headers.get('Content-Type');
  const trash = await findTrash(client, name, digest);
  const { missing, more } = await readMissing(client, name, digest);
  const gone = new Set(missing.map((each) => each.digest));
  const listed = manifest.manifests ?? manifest.layers ?? [];
  const total = [manifest.config, ...listed].reduce((sum, each) => sum + (each?.size ?? 0), 0);
  const header = [
    ['Name', `${name}${isDigest(reference) ? '@' : ':'}${reference}`],
    ['Digest', digest ?? ''],
    ['Type', mediaType ?? ''],
    ...(manifest.artifactType === undefined ? [] : [['Artifact', manifest.artifactType]]),
    ...(trash === undefined ? [] : [['In the trash', `until ${localTime(trash.until)}`]]),
    ...(missing.length === 0 ? [] : [['Not here', describeMissing(missing, more)]]),
    manifest.manifests === undefined
      ? ['Content', formatBytes(total)]
      : ['Lists', count(listed.length, 'entry', 'entries')],
  ];
  const rows = listed.map((each) => [
    full ? each.digest : shortDigest(each.digest),
    formatBytes(each.size),
    `${describe(each, full)}${gone.has(each.digest) ? ', not here' : ''}`,
  ]);
  const head = ['DIGEST', 'SIZE', manifest.manifests === undefined ? 'TYPE' : 'PLATFORM'];
  const width = full ? Infinity : undefined;
  return {
    json: {
      repository: name,
      reference,
      digest,
      mediaType,
      size: bytes.length,
      ...(trash !== undefined && { trash }),
      ...(missing.length > 0 && { missing: [...gone] }),
      manifest,
    },
    text: `${formatTable(header, Infinity)}${rows.length === 0 ? '' : '\n'}${formatList(head, rows, width)}`,
  };
}

async function readMissing(
  client: Client,
  repository: string,
  digest: string | null,
): Promise<MissingContentList> {
  if (digest === null) return { missing: [], more: false };
  const about = new URLSearchParams({ repository, reference: digest });
  return await client.json<MissingContentList>(`/api/images/missing?${about}`);
}

/** `the config sha256:0123456789ab and 2 layers, missing or quarantined: push the image again` */
function describeMissing(missing: MissingContentList['missing'], more: boolean): string {
  const kinds = (['manifest', 'config', 'layer'] as const).flatMap((kind) => {
    const some = missing.filter((each) => each.kind === kind);
    const [one] = some;
    if (one === undefined) return [];
    return [some.length === 1 ? `the ${kind} ${shortDigest(one.digest)}` : count(some.length, kind)];
  });
  const rest = more ? ' and more' : '';
  return `${kinds.join(', ')}${rest}, missing or quarantined: push the image again`;
}

/** Undefined for what stays, and for what was just deleted. */
async function findTrash(
  client: Client,
  name: string,
  digest: string | null,
): Promise<TrashState | undefined> {
  return (await readTrash(client, name)).find((each) => each.digest === digest)?.trash;
}

export async function showStats(client: Client): Promise<Answer> {
  const stats = await client.json<Stats>('/_stats');
  const { repositories, images, layers, repositoryDetails } = stats;
  const rate = `${Math.round(layers.hitRate * 100)} %`;
  const text =
    formatTable([
      ['Repositories', String(repositories)],
      ['Images', String(images)],
      ['Layers', `${layers.count}, ${formatBytes(layers.totalSize)}`],
      ['Not sent again', `${layers.cacheHits} of ${layers.cacheHits + layers.cacheMisses} (${rate})`],
    ]) +
    (repositoryDetails.length === 0 ? '' : '\n') +
    formatList(
      ['REPOSITORY', 'IMAGES', 'TAGS', 'SIZE', 'LAST PUSH'],
      repositoryDetails.map(({ name, imageCount, tags, totalSize, lastPush }) => [
        name,
        String(imageCount),
        String(tags.length),
        formatBytes(totalSize),
        localTime(lastPush),
      ]),
    );
  return { json: stats, text };
}

export async function setLogLevel(client: Client, level: string): Promise<Answer> {
  await client.request('PUT', '/_log', JSON.stringify({ level }));
  return { json: { level }, text: `The registry logs ${level} now.\n` };
}

function describe({ mediaType, platform }: DescriptorJSON, full: boolean): string {
  // What all media types of images begin with says nothing.
  if (platform === undefined) {
    return full ? mediaType : mediaType.replace(/^application\/vnd\.(?:oci|docker)\.(?:image\.)?/, '');
  }
  const { os, architecture, variant } = platform;
  return variant === undefined ? `${os}/${architecture}` : `${os}/${architecture}/${variant}`;
}

function formatDuration(seconds: number): string {
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
}
