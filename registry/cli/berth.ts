import { Argument, Command, InvalidArgumentError, Option } from 'commander';
import { version } from '../../package.json';
import { defaultDataFolder } from '../disk/data-folder.ts';
import { SPARSE_POLICIES } from '../images/store.ts';
import { LOG_FORMATS, LOG_LEVELS } from '../log.ts';
import { Client } from './client.ts';
import {
  deleteReference,
  inspect,
  listRepositories,
  listTags,
  setLogLevel,
  showStats,
  showStatus,
} from './queries.ts';
import { serve, type ServeOptions } from './serve.ts';

// An empty variable is how shells and unit files say that it is not set.
for (const [name, value] of Object.entries(process.env)) {
  if (name.startsWith('BERTH_') && value === '') delete process.env[name];
}

const program = new Command('berth')
  .description('The container registry that lives on a laptop')
  .version(version)
  .showHelpAfterError('(try berth --help)');

program
  .command('serve')
  .description('run the registry until it is told to stop')
  .addOption(new Option('--host <address>', 'address to listen on').env('BERTH_HOST').default('127.0.0.1'))
  .addOption(
    new Option('--port <number>', 'port to listen on; 0 picks a free one')
      .env('BERTH_PORT')
      .default(5080)
      .argParser(parsePort),
  )
  .addOption(
    new Option('--data <folder>', 'data folder')
      .env('BERTH_DATA')
      .default(defaultDataFolder(), 'the platform’s'),
  )
  .addOption(
    new Option('--log-level <level>', 'what to log')
      .env('BERTH_LOG_LEVEL')
      .choices(LOG_LEVELS)
      .default('info'),
  )
  .addOption(
    new Option('--log-format <format>', 'for people or for machines')
      .env('BERTH_LOG_FORMAT')
      .choices(LOG_FORMATS)
      .default('text'),
  )
  .addOption(
    new Option('--sparse <manifests>', 'which may be pushed while content that they name is absent')
      .env('BERTH_SPARSE')
      .choices(SPARSE_POLICIES)
      .default('indexes'),
  )
  .addOption(
    new Option('--upload-lifetime <hours>', 'when an upload to which nothing is added ends')
      .env('BERTH_UPLOAD_LIFETIME')
      .default(24)
      .argParser(parseHours),
  )
  .action((options: ServeOptions) => serve(options));

query('status', 'whether the registry runs, and what it holds').action(run(showStatus));
query('repos', 'list repositories').action(run(listRepositories));
query('tags', 'list the tags of a repository').argument('<repository>').action(run(listTags));
query('inspect', 'show a manifest')
  .argument('<reference>', 'repository:tag or repository@digest')
  .action(run(inspect));
query('delete', 'delete a tag, or a manifest and its tags')
  .argument('<reference>', 'repository:tag or repository@digest')
  .action(run(deleteReference));
query('stats', 'count images, layers and bytes').action(run(showStats));
query('log-level', 'change what the running registry logs')
  .addArgument(new Argument('<level>', 'what to log').choices(LOG_LEVELS))
  .action(run(setLogLevel));

await program.parseAsync();

interface QueryOptions {
  readonly url: string;
  readonly json?: boolean;
}

/** A command that asks a running registry. */
function query(name: string, description: string): Command {
  return program
    .command(name)
    .description(description)
    .addOption(
      new Option('--url <url>', 'the registry to ask')
        .env('BERTH_URL')
        .default(`http://127.0.0.1:${process.env['BERTH_PORT'] ?? 5080}`),
    )
    .option('--json', 'answer in JSON');
}

type Query = (client: Client, argument: string) => Promise<{ json: unknown; text: string }>;

/** Runs a query and prints its answer; commander passes the arguments, then the options. */
function run(ask: Query) {
  return async (...parameters: unknown[]): Promise<void> => {
    const argument = typeof parameters[0] === 'string' ? parameters[0] : '';
    const { url, json } = parameters.at(-2) as QueryOptions;
    try {
      const answer = await ask(new Client(url), argument);
      process.stdout.write(json === true ? `${JSON.stringify(answer.json, null, 2)}\n` : answer.text);
    } catch (error) {
      process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
      process.exitCode = 1;
    }
  };
}

function parsePort(text: string): number {
  const port = Number(text);
  if (/^\d+$/.test(text) && port <= 65_535) return port;
  throw new InvalidArgumentError('It must be a number from 0 to 65535.');
}

function parseHours(text: string): number {
  const hours = Number(text);
  if (hours > 0 && Number.isFinite(hours)) return hours;
  throw new InvalidArgumentError('It must be a number of hours above 0.');
}
