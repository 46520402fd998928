import type { Command } from 'commander';
import type { FilesRead, Job, LayerFiles } from '../api/contract.ts';
import type { Client } from './client.ts';
import { formatBytes, formatList } from './format.ts';
import { findImage, type ImageOfPlatform } from './image.ts';
import { followJob } from './job.ts';
import { query, run, type Answer } from './query.ts';
import { lineWidth } from './terminal.ts';

interface LayersOptions {
  readonly platform?: string;
}

/** On a terminal, in a few lines; elsewhere all of it. */
const COMMAND_CHARACTERS = 160;

export function layersCommand(): Command {
  return query('layers', 'what each layer of an image added, modified, removed and wastes')
    .argument('<reference>', 'repository:tag or repository@digest')
    .option('--platform <platform>', 'of an image for several: linux/arm64')
    .action(run<LayersOptions>(showLayers));
}

async function showLayers(client: Client, text: string, { platform }: LayersOptions): Promise<Answer> {
  const image = await findImage(client, text, platform);
  const { layers } = await readFiles(client, image);
  const rows = layers.map((layer, index) => rowOf(layer, index, image));
  const json = layers.map((layer, index) => ({
    ...layer,
    number: index + 1,
    stored: image.layers[index]?.size ?? 0,
    createdBy: image.layers[index]?.createdBy ?? null,
  }));
  const wasted = layers.reduce((sum, layer) => sum + layer.wasted, 0);
  const problems = layers.flatMap(({ problem }, index) =>
    problem === null ? [] : [`Layer ${index + 1}: ${problem}\n`],
  );
  const table = formatList(HEAD, rows);
  const end =
    wasted === 0
      ? 'Nothing is wasted.'
      : `${formatBytes(wasted)} are wasted: in the image, and seen by nobody.`;
  return {
    json: { repository: image.repository, digest: image.digest, platform: image.platform, layers: json },
    text: `${table}${problems.join('')}${end}\n`,
  };
}

const HEAD = ['', 'DIGEST', 'STORED', 'FILES', '+', '~', '-', 'WASTED', 'COMMAND'];

function rowOf(layer: LayerFiles, index: number, { layers }: ImageOfPlatform): string[] {
  const { digest, size, added, modified, removed, wasted } = layer;
  const command = (layers[index]?.createdBy ?? '').replace(/\s+/g, ' ').trim();
  return [
    String(index + 1),
    digest.slice(digest.indexOf(':') + 1).slice(0, 12),
    formatBytes(layers[index]?.size ?? 0),
    formatBytes(size),
    String(added),
    String(modified),
    String(removed),
    formatBytes(wasted),
    lineWidth() < Infinity && command.length > COMMAND_CHARACTERS
      ? `${command.slice(0, COMMAND_CHARACTERS - 1)}…`
      : command,
  ];
}

/** Has the layers read, unless they were before, and shows how far that is. */
export async function readFiles(client: Client, { repository, digest }: ImageOfPlatform): Promise<FilesRead> {
  const { bytes } = await client.request('POST', '/api/files/read', JSON.stringify({ repository, digest }));
  return await followJob<FilesRead>(client, JSON.parse(bytes.toString()) as Job, 'bytes');
}
