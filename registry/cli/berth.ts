import { Argument, Command, InvalidArgumentError, Option } from 'commander';
import { version } from '../../package.json';
import { defaultDataFolder } from '../disk/data-folder.ts';
import { SPARSE_POLICIES } from '../images/store.ts';
import { LOG_FORMATS, LOG_LEVELS } from '../log.ts';
import { parseBytes } from '../size.ts';
import { activityCommand } from './activity.ts';
import { deletionCommands } from './deletion.ts';
import { exportCommand } from './export.ts';
import { filesCommand } from './files.ts';
import { explain, helpCommand } from './help.ts';
import { historyCommands } from './history.ts';
import { importCommand } from './import.ts';
import { layersCommand } from './layers.ts';
import { logCommand } from './log.ts';
import { inspect, listRepositories, listTags, setLogLevel, showStats, showStatus } from './queries.ts';
import { query, run, takeCommonOptionsFirst } from './query.ts';
import { reclaimCommand } from './reclaim.ts';
import { retentionCommands } from './retention.ts';
import { repair, type RepairOptions } from './repair.ts';
import { serve, type ServeOptions } from './serve.ts';
import { settingsCommand } from './settings.ts';
import { tagCommand } from './tag.ts';
import { tagCommands } from './tags.ts';
import { endWithReader } from './terminal.ts';
import { showUsage } from './usage.ts';
import { verifyCommand } from './verify.ts';

// An empty variable is how shells and unit files say that it is not set.
for (const [name, value] of Object.entries(process.env)) {
  if (name.startsWith('BERTH_') && value === '') delete process.env[name];
}

for (const stream of [process.stdout, process.stderr]) stream.on('error', endWithReader);

const program = new Command('berth')
  .description('The container registry that lives on a laptop')
  .version(version)
  .showHelpAfterError('(try berth --help)');
takeCommonOptionsFirst(program);

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
  .addOption(dataOption())
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
  .addOption(
    new Option('--reserve <size>', 'room on the disk that new content may not take, such as 500MB or 1GB')
      .env('BERTH_RESERVE')
      .argParser(parseSize),
  )
  .action((options: ServeOptions) => serve(options));

program
  .command('repair')
  .description('rebuild a damaged journal; the registry must not be running')
  .addOption(dataOption())
  .option('--json', 'answer in JSON')
  .action((options: RepairOptions) => repair(options));

const reference = ['<reference>', 'repository:tag or repository@digest'] as const;

const queries = [
  query('status', 'whether the registry runs, and what it holds').action(run(showStatus)),
  query('repos', 'list repositories')
    .option('--trash', 'those that were deleted instead, and until when images of them can be put back')
    .action(run<{ trash?: boolean }>(listRepositories)),
  query('tags', 'list the tags of a repository')
    .argument('<repository>')
    .option('--trash', 'what was deleted or overwritten instead, and until when it can be put back')
    .option(
      '--all',
      'signatures, SBOMs and the like, too, which clients attach by tags such as sha256-....sig',
    )
    .action(run<{ trash?: boolean; all?: boolean }>(listTags)),
  query('inspect', 'show a manifest')
    .argument(...reference)
    .option('--full', 'whole digests and media types')
    .action(run<{ full?: boolean }>(inspect)),
  query('stats', 'count images, layers and bytes').action(run(showStats)),
  query('usage', 'what deleting each repository, or each tag of one, would free')
    .argument('[reference]', 'a repository, or repository:tag to see with whom it shares')
    .action(run(showUsage)),
  query('log-level', 'change what the running registry logs')
    .addArgument(new Argument('<level>', 'what to log').choices(LOG_LEVELS))
    .action(run(setLogLevel)),
  layersCommand(),
  filesCommand(),
  ...deletionCommands(),
  exportCommand(),
  ...historyCommands(),
  importCommand(),
  reclaimCommand(),
  ...retentionCommands(),
  tagCommand(),
  ...tagCommands(),
  activityCommand(),
  logCommand(),
  settingsCommand(),
  verifyCommand(),
];
for (const each of queries) program.addCommand(each);
program.helpCommand(false).addCommand(helpCommand(program));
explain(program);

await program.parseAsync();

function dataOption(): Option {
  return new Option('--data <folder>', 'data folder')
    .env('BERTH_DATA')
    .default(defaultDataFolder(), 'the platform’s');
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

function parseSize(text: string): number {
  const bytes = parseBytes(text);
  if (bytes !== undefined) return bytes;
  throw new InvalidArgumentError('It must be a size, such as 500MB, 1GB or a number of bytes; 0 for none.');
}
