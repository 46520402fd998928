import { InvalidArgumentError, type Command } from 'commander';
import type { LogLine } from '../api/contract.ts';
import type { Client } from './client.ts';
import { readEvents } from './events.ts';
import { localTime, printable } from './format.ts';
import { follow } from './follow.ts';
import { query, type QueryOptions } from './query.ts';

interface LogOptions extends QueryOptions {
  readonly follow?: boolean;
  readonly lines: number;
}

export function logCommand(): Command {
  return query('log', 'the last lines of the registry’s log')
    .option('-f, --follow', 'and those that come, until Ctrl-C')
    .option('-n, --lines <number>', 'how many', parseCount, 50)
    .action(async (options: LogOptions) => follow(options, (client, stop) => showLog(client, options, stop)));
}

async function showLog(client: Client, options: LogOptions, stop: AbortSignal): Promise<void> {
  const print = (line: LogLine): void => {
    process.stdout.write(options.json === true ? `${JSON.stringify(line)}\n` : `${format(line)}\n`);
  };
  const { lines } = await client.json<{ lines: LogLine[] }>(`/api/log?limit=${options.lines}`);
  lines.forEach(print);
  if (options.follow !== true) return;
  for await (const event of readEvents(client, ['log'], stop)) {
    if (event.type === 'log') event.lines.forEach(print);
  }
}

function parseCount(text: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It must be a number of lines.');
}

/** What the message says already is not said again. */
function format({ time, level, message, fields }: LogLine): string {
  const details = Object.entries(fields)
    .filter(([, value]) => value !== null && !(typeof value === 'string' && message.includes(value)))
    .map(([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`);
  return printable([localTime(time), level.padEnd(5), message, ...details].join(' '));
}
