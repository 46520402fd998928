import type { Command } from 'commander';
import type { Transfer } from '../api/contract.ts';
import type { Client } from './client.ts';
import { readEvents } from './events.ts';
import { follow } from './follow.ts';
import { count, formatBytes, formatTable } from './format.ts';
import { query, type QueryOptions } from './query.ts';
import { formatReference, shortDigest } from './reference.ts';

interface ActivityOptions extends QueryOptions {
  readonly follow?: boolean;
}

const BAR = 20;
const MOST_ENDED = 10;

export function activityCommand(): Command {
  return query('activity', 'pushes and pulls: those under way, and the last that ended')
    .option('-f, --follow', 'as they happen, until Ctrl-C')
    .action(async (options: ActivityOptions) =>
      follow(options, (client, stop) => showActivity(client, options, stop)),
    );
}

async function showActivity(client: Client, options: ActivityOptions, stop: AbortSignal): Promise<void> {
  const answer = await client.json<{ transfers: Transfer[] }>('/api/transfers');
  if (options.follow !== true) {
    const text = options.json === true ? `${JSON.stringify(answer, null, 2)}\n` : format(answer.transfers);
    process.stdout.write(text);
    return;
  }
  const isLive = process.stdout.isTTY && options.json !== true;
  const screen = new Screen();
  const transfers = new Map(answer.transfers.map((each) => [each.id, each]));
  if (isLive) screen.show(format([...transfers.values()]));
  for await (const event of readEvents(client, ['transfer'], stop)) {
    if (event.type !== 'transfer') continue;
    const { transfer } = event;
    transfers.set(transfer.id, transfer);
    if (isLive) screen.show(format([...transfers.values()]));
    else if (options.json === true) process.stdout.write(`${JSON.stringify(transfer)}\n`);
    // Into a file each is one line, when all of it is known.
    else if (transfer.state !== 'running') process.stdout.write(formatTable([row(transfer)]));
  }
}

function format(transfers: readonly Transfer[]): string {
  const running = transfers.filter(({ state }) => state === 'running');
  const ended = transfers.filter(({ state }) => state !== 'running').slice(-MOST_ENDED);
  if (running.length + ended.length === 0)
    return 'Nobody has pushed or pulled since the registry was started.\n';
  const rows = ended.map(row);
  for (const each of running) rows.push(row(each), ...layerRows(each));
  return formatTable(rows);
}

/** Those that are on their way, each below its push or pull. */
function layerRows({ blobs }: Transfer): string[][] {
  return blobs
    .filter(({ state }) => state === 'running')
    .map(({ digest, size, done, speed }) => [
      '',
      `  ${digest === null ? 'a layer' : shortDigest(digest)}`,
      size === null || size === 0 ? '' : bar(done / size),
      formatBytes(done),
      size === null ? '' : `of ${formatBytes(size)}`,
      formatSpeed(speed),
    ]);
}

function row(transfer: Transfer): string[] {
  const { direction, repository, reference, state, error, bytes, saved, speed, blobs, client } = transfer;
  const name = reference === null ? repository : formatReference({ name: repository, reference });
  const sizes = blobs.filter((blob) => blob.state !== 'already here');
  const done = sizes.reduce((sum, blob) => sum + blob.done, 0);
  const isKnown = sizes.length > 0 && sizes.every(({ size }) => size !== null);
  const total = sizes.reduce((sum, { size }) => sum + (size ?? 0), 0);
  const progress = isKnown && total > 0 ? bar(done / total) : '';
  return [
    direction === 'push' ? '↑' : '↓',
    name,
    state === 'running' ? progress || 'running' : state,
    formatBytes(bytes),
    saved === 0 ? '' : `${formatBytes(saved)} already here`,
    state === 'running' ? formatSpeed(speed) : `${formatBytes(speed)}/s`,
    count(blobs.length, 'blob'),
    error ?? client,
  ];
}

const formatSpeed = (speed: number): string => (speed === 0 ? 'waiting' : `${formatBytes(speed)}/s`);

function bar(part: number): string {
  const full = Math.min(BAR, Math.round(part * BAR));
  return `${'█'.repeat(full)}${'░'.repeat(BAR - full)}`;
}

/** Lines that are written anew in their place. */
class Screen {
  #lines = 0;

  show(text: string): void {
    const { columns, rows } = process.stdout;
    // A line that wraps would take two places, and what has left the screen cannot be written anew: the last are kept.
    const lines = text
      .split('\n')
      .map((line) => line.slice(0, (columns || 80) - 1))
      .slice(-(rows || 24));
    process.stdout.write(`${this.#lines > 0 ? `\u001B[${this.#lines}A` : ''}\u001B[J${lines.join('\n')}`);
    this.#lines = lines.length - 1;
  }
}
