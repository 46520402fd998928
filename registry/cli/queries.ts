import type { Health, Stats } from '../api/contract.ts';
import { isDigest, parseName } from '../reference.ts';
import type { Client } from './client.ts';
import { count, formatBytes, formatTable, localTime } from './format.ts';
import type { Answer } from './query.ts';
import { parseReference, withoutHost } from './reference.ts';

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

export async function listRepositories(client: Client): Promise<Answer> {
  const names = await client.pages<{ repositories: string[] }, string>(
    '/v2/_catalog',
    ({ repositories }) => repositories,
  );
  return { json: { repositories: names }, text: names.map((name) => `${name}\n`).join('') };
}

export async function listTags(client: Client, repository: string): Promise<Answer> {
  const name = parseName(withoutHost(repository));
  const tags = await client.pages<{ tags: string[] }, string>(`/v2/${name}/tags/list`, (page) => page.tags);
  return { json: { name, tags }, text: tags.map((tag) => `${tag}\n`).join('') };
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

export async function inspect(client: Client, text: string): Promise<Answer> {
  const { name, reference } = parseReference(text);
  const { headers, bytes } = await client.request('GET', `/v2/${name}/manifests/${reference}`);
  const manifest = JSON.parse(bytes.toString()) as ManifestJSON;
  const digest = headers.get('Docker-Content-Digest');
  const mediaType = headers.get('Content-Type');
  const listed = manifest.manifests ?? manifest.layers ?? [];
  const total = [manifest.config, ...listed].reduce((sum, each) => sum + (each?.size ?? 0), 0);
  const header = [
    ['Name', `${name}${isDigest(reference) ? '@' : ':'}${reference}`],
    ['Digest', digest ?? ''],
    ['Type', mediaType ?? ''],
    ...(manifest.artifactType === undefined ? [] : [['Artifact', manifest.artifactType]]),
    manifest.manifests === undefined
      ? ['Content', formatBytes(total)]
      : ['Lists', count(listed.length, 'entry', 'entries')],
  ];
  const rows = listed.map((each) => [each.digest, formatBytes(each.size), describe(each)]);
  return {
    json: { repository: name, reference, digest, mediaType, size: bytes.length, manifest },
    text: `${formatTable(header)}${rows.length === 0 ? '' : '\n'}${formatTable(rows)}`,
  };
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
    formatTable(
      repositoryDetails.map(({ name, imageCount, tags, totalSize, lastPush }) => [
        name,
        count(imageCount, 'image'),
        count(tags.length, 'tag'),
        formatBytes(totalSize),
        `pushed ${localTime(lastPush)}`,
      ]),
    );
  return { json: stats, text };
}

export async function setLogLevel(client: Client, level: string): Promise<Answer> {
  await client.request('PUT', '/_log', JSON.stringify({ level }));
  return { json: { level }, text: `The registry logs ${level} now.\n` };
}

function describe({ mediaType, platform }: DescriptorJSON): string {
  if (platform === undefined) return mediaType;
  const { os, architecture, variant } = platform;
  return variant === undefined ? `${os}/${architecture}` : `${os}/${architecture}/${variant}`;
}

function formatDuration(seconds: number): string {
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
}
