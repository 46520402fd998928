import { createWriteStream, type WriteStream } from 'node:fs';
import { access, constants as modes, open, rename, rm, stat } from 'node:fs/promises';
import { get, type IncomingMessage } from 'node:http';
import { constants } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Command } from 'commander';
import type { ExportPlan } from '../api/contract.ts';
import { systemCode } from '../error.ts';
import { messageOf, type Client } from './client.ts';
import { count, formatBytes, printable } from './format.ts';
import { Progress } from './progress.ts';
import { query, run, type Answer } from './query.ts';
import { findReference, formatReference } from './reference.ts';

interface ExportOptions {
  readonly output?: string;
  readonly platform?: string;
  readonly force?: boolean;
}

export function exportCommand(): Command {
  return query('export', 'save images as one archive, which docker, podman, skopeo and ctr take')
    .argument('<reference>', 'repository:tag or repository@digest')
    .argument('[more...]', 'more of them')
    .option('-o, --output <file>', 'where to; - for standard output; named after the image if absent')
    .option('--platform <platform>', 'only this one of images that have several, such as linux/arm64')
    .option('--force', 'overwrite the file')
    .action(run<ExportOptions>(exportAll));
}

async function exportAll(
  client: Client,
  reference: string,
  { output, platform, force = false, json }: ExportOptions & { readonly json?: boolean },
  more: readonly string[],
): Promise<Answer> {
  const found = await Promise.all([reference, ...more].map((each) => findReference(client, each)));
  const references = found.map(formatReference);
  if (output === '-' && json === true)
    throw new Error('Standard output takes the archive or JSON, not both.');
  const body = JSON.stringify({ references, ...(platform === undefined ? {} : { platform }) });
  const { bytes } = await client.request('POST', '/api/export/plan', body);
  const plan = JSON.parse(bytes.toString()) as ExportPlan;
  for (const warning of plan.warnings) process.stderr.write(`Note: ${printable(warning)}\n`);
  const file = output ?? plan.fileName;
  if (file !== '-') await requireWritable(file, force);
  const address = new URL(`${client.url}/api/export`);
  for (const each of references) address.searchParams.append('reference', each);
  if (platform !== undefined) address.searchParams.set('platform', platform);
  const response = await ask(client, address);
  if (file === '-') {
    await save(client, response, process.stdout, plan);
    return { json: plan, text: '' };
  }
  await saveAtomically(client, response, file, plan);
  const what = `${count(plan.images.length, 'image')}, ${formatBytes(plan.bytes)}`;
  return { json: { ...plan, file: resolve(file) }, text: `Saved ${printable(file)}: ${what}.\n` };
}

/** Before all is sent: a device, say, would be replaced by a file. */
async function requireWritable(file: string, force: boolean): Promise<void> {
  const folder = dirname(resolve(file));
  await access(folder, modes.W_OK).catch((error: unknown) => {
    if (systemCode(error) === 'ENOENT') throw new Error(`There is no folder ${folder}.`, { cause: error });
    throw new Error(`You may not write to ${folder}.`, { cause: error });
  });
  const found = await stat(file).catch(() => undefined);
  if (found === undefined) return;
  if (!found.isFile()) throw new Error(`${file} is there and is no file. Save the archive elsewhere.`);
  if (!force) throw new Error(`${file} is there already. Overwrite it with --force.`);
}

function ask(client: Client, address: URL): Promise<IncomingMessage> {
  return new Promise((answer, reject) => {
    const asking = get(address, { headers: { 'User-Agent': 'berth' } }, answer);
    asking.on('error', (error) => reject(client.unreachable(error)));
  });
}

/** Ctrl-C, a script that has enough of it, and a terminal that is closed. */
const ENDING = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
type EndingSignal = (typeof ENDING)[number];

/** Whoever finds the file under its name finds all of it. */
async function saveAtomically(
  client: Client,
  response: IncomingMessage,
  file: string,
  plan: ExportPlan,
): Promise<void> {
  const temporary = join(dirname(resolve(file)), `.${basename(file)}.${process.pid}.part`);
  const remove = (signal: EndingSignal): void => {
    void rm(temporary, { force: true }).finally(() => process.exit(128 + constants.signals[signal]));
  };
  for (const signal of ENDING) process.once(signal, remove);
  try {
    await save(client, response, createWriteStream(temporary), plan);
    const written = await open(temporary, 'r+');
    try {
      await written.sync();
    } finally {
      await written.close();
    }
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  } finally {
    for (const signal of ENDING) process.off(signal, remove);
  }
}

async function save(
  client: Client,
  response: IncomingMessage,
  target: WriteStream | NodeJS.WriteStream,
  { fileName, bytes }: ExportPlan,
): Promise<void> {
  if (response.statusCode !== 200) {
    const body: Buffer[] = [];
    for await (const chunk of response) body.push(chunk as Buffer);
    target.destroy();
    throw new Error(messageOf(Buffer.concat(body)) ?? `The export was answered with ${response.statusCode}.`);
  }
  const progress = new Progress(fileName, bytes);
  try {
    await pipeline(Readable.from(progress.count(response)), target, { end: target !== process.stdout });
  } catch (error) {
    throw systemCode(error) === 'ECONNRESET' ? client.brokenOff(error) : error;
  } finally {
    progress.end();
  }
}
