import { Command, type Argument, type Help } from 'commander';
import { bold } from './terminal.ts';

/** The commands as people look for them, in this order. */
const TOPICS: Readonly<Record<string, readonly string[]>> = {
  'The registry:': ['serve', 'status', 'settings', 'activity', 'log', 'log-level', 'stats'],
  'Images:': ['repos', 'tags', 'inspect', 'layers', 'files', 'tag', 'import', 'export'],
  'Deleting, and taking it back:': ['delete', 'history', 'undo', 'restore'],
  'The disk:': ['usage', 'gc', 'why', 'retention', 'protect', 'unprotect', 'expire'],
  'When something is wrong:': ['verify', 'repair'],
};

const EXAMPLES: Readonly<Record<string, readonly string[]>> = {
  serve: ['berth serve', 'berth serve --port 5001 --data ~/registry', 'BERTH_LOG_LEVEL=debug berth serve'],
  status: ['berth status', 'berth status --url http://build-machine:5080'],
  settings: [
    'berth settings',
    'berth settings undoDays 14',
    'berth settings budget 20GB',
    'berth settings budget none',
  ],
  activity: ['berth activity'],
  log: ['berth log'],
  'log-level': ['berth log-level debug'],
  stats: ['berth stats'],
  repos: ['berth repos', 'berth repos --json'],
  tags: ['berth tags team/app', 'berth tags team/app --trash'],
  inspect: [
    'berth inspect team/app:v1',
    'berth inspect team/app@sha256:c6a621',
    'berth inspect team/app:v1 --full',
  ],
  layers: ['berth layers team/app:v1', 'berth layers team/app:v1 --platform linux/arm64'],
  files: ['berth files team/app:v1', 'berth files team/app:v1 --layer 2'],
  tag: ['berth tag team/app:v1 team/app:stable', 'berth tag team/app:v1 archive/app:v1'],
  import: ['berth import app.tar', 'docker save app:v1 | berth import -'],
  export: ['berth export team/app:v1 -o app.tar', 'berth export team/app:v1 -o - | docker load'],
  delete: ['berth delete team/app:v1', 'berth delete team/app', 'berth delete team/app --untagged'],
  history: ['berth history', 'berth history team/app', 'berth history team/app:latest'],
  undo: ['berth undo', 'berth undo 17'],
  restore: [
    'berth restore team/app:v1',
    'berth restore team/app@sha256:c6a621',
    'berth restore team/app:v1@sha256:c6a621',
    'berth restore team/app:v1@2026-11-20T12:00',
  ],
  usage: ['berth usage', 'berth usage team/app', 'berth usage team/app:v1'],
  gc: ['berth gc --dry-run', 'berth gc', 'berth gc --empty-trash'],
  why: ['berth why team/app:v1', 'berth why team/app@sha256:c6a621', 'berth why team/app'],
  'retention plan': ['berth retention plan', 'berth retention plan team/app'],
  'retention run': ['berth retention run'],
  protect: ['berth protect team/app:v1'],
  unprotect: ['berth unprotect team/app:v1'],
  expire: ['berth expire team/app:pr-12 in 3d', 'berth expire team/app:pr-12 never'],
  verify: ['berth verify', 'berth verify --repair'],
  repair: ['berth repair', 'berth repair --data ~/registry'],
};

/** Brings order into the help of a program whose commands are all there, and gives examples. */
export function explain(program: Command): void {
  const topics = Object.entries(TOPICS);
  const placeOf = (command: Command): number => {
    const topic = topics.findIndex(([, names]) => names.includes(command.name()));
    const [, names = []] = topics[topic] ?? [];
    return topic < 0 ? Infinity : topic * 100 + names.indexOf(command.name());
  };
  (program.commands as Command[]).sort((a, b) => placeOf(a) - placeOf(b));
  program.configureHelp(STYLE).addHelpText('after', AFTER);
  for (const command of program.commands) {
    const [heading] = topics.find(([, names]) => names.includes(command.name())) ?? [];
    if (heading !== undefined) command.helpGroup(heading);
    for (const each of [command, ...command.commands]) explainOne(each, nameOf(each, command));
  }
}

/** commander's own shows the help of all for a command that it does not know. */
export function helpCommand(program: Command): Command {
  return new Command('help')
    .description('display help for command')
    .argument('[command...]')
    .action((names: readonly string[]) => {
      let found = program;
      for (const name of names) {
        const next = found.commands.find((each) => each.name() === name);
        if (next === undefined) program.error(`error: unknown command '${names.join(' ')}'`);
        found = next;
      }
      found.help();
    });
}

function explainOne(command: Command, name: string): void {
  command.configureHelp(STYLE).showHelpAfterError(`(try berth ${name} --help)`);
  const examples = EXAMPLES[name] ?? [];
  if (examples.length === 0) return;
  const heading = bold(examples.length === 1 ? 'Example:' : 'Examples:');
  command.addHelpText('after', `\n${heading}\n${examples.map((each) => `  ${each}`).join('\n')}`);
}

function nameOf(command: Command, parent: Command): string {
  return command === parent ? command.name() : `${parent.name()} ${command.name()}`;
}

const AFTER = `
"berth help COMMAND" says more about each, with examples. Most ask the running registry at
http://127.0.0.1:5080; --url, BERTH_URL or BERTH_PORT name another. --json is for programs.`;

/** Every command has options: it is not worth a word. */
const STYLE: Partial<Help> = {
  subcommandTerm: (command) => [command.name(), ...command.registeredArguments.map(termOf)].join(' '),
  styleTitle: bold,
};

function termOf(argument: Argument): string {
  const text = `${argument.name()}${argument.variadic ? '...' : ''}`;
  return argument.required ? `<${text}>` : `[${text}]`;
}
