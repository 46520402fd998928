import { Command, Option } from 'commander';
import { Client } from './client.ts';

/** What a command prints: for machines, and for people. */
export interface Answer {
  readonly json: unknown;
  readonly text: string;
}

export interface QueryOptions {
  readonly url: string;
  readonly json?: boolean;
}

/** A command that asks a running registry. */
export function query(name: string, description: string): Command {
  return new Command(name)
    .description(description)
    .addOption(
      new Option('--url <url>', 'the registry to ask')
        .env('BERTH_URL')
        .default(`http://127.0.0.1:${process.env['BERTH_PORT'] ?? 5080}`),
    )
    .option('--json', 'answer in JSON');
}

/** `berth --url U repos` is `berth repos --url U`. */
export function takeCommonOptionsFirst(program: Command): void {
  program
    .enablePositionalOptions()
    .addOption(new Option('--url <url>').hideHelp())
    .addOption(new Option('--json').hideHelp())
    .hook('preAction', (_, command) => {
      for (const [name, value] of Object.entries(program.opts())) {
        const option = command.options.find((each) => each.attributeName() === name);
        if (option === undefined) command.error(`error: unknown option '--${name}'`);
        if (command.getOptionValueSource(name) !== 'cli') command.setOptionValue(name, value);
      }
    });
}

type Ask<Options> = (
  client: Client,
  argument: string,
  options: QueryOptions & Options,
  /** What was given after the first argument. */
  more: readonly string[],
) => Promise<Answer>;

/** Asks and prints the answer; commander passes the arguments, then the options. */
export function run<Options = object>(ask: Ask<Options>) {
  return async (...parameters: unknown[]): Promise<void> => {
    const argument = typeof parameters[0] === 'string' ? parameters[0] : '';
    const options = parameters.at(-2) as QueryOptions & Options;
    const more = parameters
      .slice(1, -2)
      .flat()
      .filter((each) => typeof each === 'string');
    try {
      const answer = await ask(new Client(options.url), argument, options, more);
      process.stdout.write(options.json === true ? `${JSON.stringify(answer.json, null, 2)}\n` : answer.text);
    } catch (error) {
      process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
      process.exitCode = 1;
    }
  };
}
