import { once } from 'node:events';
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { FileEntry } from '../api/contract.ts';
import { Client } from './client.ts';
import { localTime, printable } from './format.ts';
import { findImage } from './image.ts';
import { readFiles } from './layers.ts';
import { query, type QueryOptions } from './query.ts';

interface FilesOptions extends QueryOptions {
  readonly platform?: string;
  readonly layer?: number;
  readonly changes?: boolean;
}

export function filesCommand(): Command {
  return query('files', 'the files of an image, or what its layers changed')
    .argument('<reference>', 'repository:tag or repository@digest')
    .argument('[path]', 'only what is below this folder', '/')
    .addOption(new Option('--layer <number>', 'the image as it is after this layer').argParser(parseLayer))
    .option('--changes', 'only what that layer added (+), modified (~) and removed (-)')
    .option('--platform <platform>', 'of an image for several: linux/arm64')
    .action(showFiles);
}

function parseLayer(text: string): number {
  if (/^[1-9]\d{0,5}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It must be a number from 1 on, as "berth layers" shows them.');
}

/** Line by line as they come: there may be very many, and whoever reads may have enough of them soon. */
async function showFiles(reference: string, path: string, options: FilesOptions): Promise<void> {
  try {
    const client = new Client(options.url);
    const image = await findImage(client, reference, options.platform);
    await readFiles(client, image);
    const about = new URLSearchParams({ repository: image.repository, digest: image.digest, path });
    if (options.layer !== undefined) about.set('layer', String(options.layer - 1));
    if (options.changes === true) about.set('view', 'layer');
    const stop = new AbortController();
    const lines = linesOf(await client.stream(`/api/files/tree?${about}`, stop.signal));
    await (options.json === true ? writeJson(lines) : writeText(lines, options.changes === true));
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  }
}

async function* linesOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string, void, undefined> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of chunks) {
    const lines = `${rest}${decoder.decode(chunk, { stream: true })}`.split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
  if (rest !== '') throw new Error('The answer broke off before its end.');
}

async function writeJson(lines: AsyncIterable<string>): Promise<void> {
  let separator = '[\n';
  for await (const line of lines) {
    await write(`${separator}  ${line}`);
    separator = ',\n';
  }
  await write(separator === '[\n' ? '[]\n' : '\n]\n');
}

async function writeText(lines: AsyncIterable<string>, onlyChanges: boolean): Promise<void> {
  for await (const line of lines) {
    const entry = JSON.parse(line) as FileEntry;
    // A folder that only leads to changes is seen in their paths.
    if (onlyChanges && entry.change === 'unchanged') continue;
    await write(`${onlyChanges ? `${SIGNS[entry.change]} ` : ''}${describe(entry)}\n`);
  }
}

const SIGNS = { added: '+', modified: '~', removed: '-', unchanged: ' ' };
const LETTERS = { file: '-', folder: 'd', symlink: 'l', hardlink: 'h', device: 'c', fifo: 'p' };

/** As `ls -l` has it, with the sizes of folders as `du` has them. */
function describe({ type, mode, uid, gid, size, modifiedAt, path, target }: FileEntry): string {
  const owner = `${uid}:${gid}`.padEnd(9);
  const arrow = target === null ? '' : ` -> ${target}`;
  return printable(
    `${LETTERS[type]}${permissions(mode)} ${owner} ${String(size).padStart(11)} ${localTime(modifiedAt)} ${path}${arrow}`,
  );
}

function permissions(mode: number): string {
  const letters = Array.from('rwxrwxrwx', (letter, index) => ((mode >> (8 - index)) & 1 ? letter : '-'));
  const special = [
    { bit: 0o4000, index: 2, letter: 's' },
    { bit: 0o2000, index: 5, letter: 's' },
    { bit: 0o1000, index: 8, letter: 't' },
  ];
  for (const { bit, index, letter } of special) {
    if ((mode & bit) !== 0) letters[index] = letters[index] === '-' ? letter.toUpperCase() : letter;
  }
  return letters.join('');
}

/** Waits where the reader is slower. */
async function write(text: string): Promise<void> {
  if (!process.stdout.write(text)) await once(process.stdout, 'drain');
}
