import { parseArgs } from 'node:util';
import { exhaust } from './exhaustive.mjs';
import { Life } from './life.mjs';
import { SCENARIOS } from './scenarios.mjs';

const USAGE = `npm run torture -- [--minutes N] [--seed S] [--lives N] [--rounds N] [--every N] [--only WORDS]

  --minutes  how long to go on, life after life (1)
  --seed     of the first life; each that follows has the next number (by chance)
  --lives    how many at most: 1 replays one, 0 leaves them out
  --rounds   how many rounds of work, fault and recovery a life has (12)
  --every    first, let the file calls of some operations go wrong, each in each way: one trial in N, 1 for all (none)
  --only     of these operations only
`;

const { values } = parseArgs({
  options: {
    minutes: { type: 'string' },
    seed: { type: 'string' },
    lives: { type: 'string', default: 'Infinity' },
    rounds: { type: 'string', default: '12' },
    every: { type: 'string' },
    only: { type: 'string', default: '' },
    help: { type: 'boolean', default: false },
  },
});

if (values.help) process.stdout.write(USAGE);
else await torture(Number(values.seed ?? Math.floor(Math.random() * 1_000_000)));

/** @param {number} seed */
async function torture(seed) {
  say(`torture: seed ${seed}`);
  if (values.every !== undefined) await tryCalls(seed, Number(values.every));
  await live(seed);
}

async function tryCalls(seed, every) {
  const scenarios = SCENARIOS.filter(({ name }) => name.includes(values.only));
  const command = `--seed ${seed} --every ${every} --only '${values.only}' --lives 0`;
  const trials = await orFail(command, () => exhaust(scenarios, { seed, every }, say));
  say(`  ${trials} trials, and every promise was kept`);
}

async function live(first) {
  const [lives, rounds] = [Number(values.lives), Number(values.rounds)];
  const minutes = Number(values.minutes ?? (lives === Infinity ? 1 : Infinity));
  const until = performance.now() + minutes * 60_000;
  let done = 0;
  for (let seed = first; seed < first + lives && performance.now() < until; seed += 1) {
    const command = `--seed ${seed} --lives 1 --rounds ${rounds}`;
    const survived = await orFail(command, () => Life.run(seed, { rounds, until }));
    done += survived;
    say(`  life ${seed}: ${survived} rounds`);
  }
  if (done > 0) say(`  ${done} rounds, and every promise was kept`);
}

/** @param {string} command what replays it */
async function orFail(command, work) {
  try {
    return await work();
  } catch (error) {
    say(`\n${error.stack}\n\nWhat was done last:\n${(error.story ?? []).slice(-40).join('\n')}\n`);
    say(`The whole story, the server's log and the data folder are in ${error.folder}`);
    say(`To replay it: npm run torture -- ${command}`);
    return process.exit(1);
  }
}

function say(line) {
  process.stdout.write(`${line}\n`);
}
