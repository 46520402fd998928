import { loadavg } from 'node:os';
import { Bench } from './bench.mjs';
import * as blobs from './measures/blobs.mjs';
import * as largeRepository from './measures/large-repository.mjs';
import * as memory from './measures/memory.mjs';
import * as ready from './measures/ready.mjs';
import * as reclaim from './measures/reclaim.mjs';
import * as requests from './measures/requests.mjs';
import * as smallPushes from './measures/small-pushes.mjs';
import * as listUsage from './measures/usage.mjs';
import * as theWindow from './measures/window.mjs';
import { parseOptions, usage } from './options.mjs';
import { describeMachine } from './report/machine.mjs';
import { writePage } from './report/page.mjs';
import { missedGoals, renderTable } from './report/table.mjs';

const measures = [
  requests,
  blobs,
  smallPushes,
  ready,
  memory,
  reclaim,
  largeRepository,
  listUsage,
  theWindow,
];
const rows = measures.flatMap((measure) => measure.rows);
const names = rows.map((row) => row.id);

// Without a handler a signal would skip the exit hook that ends the servers.
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(130));

const options = parseOptions(process.argv.slice(2), names);
if (options) await bench(options);
else process.stdout.write(`${usage}  ${names.join('\n  ')}\n`);

/** @param {import('./options.mjs').Options} chosen */
async function bench(chosen) {
  const busy = loadavg()[0] ?? 0;
  const run = await Bench.open(chosen);
  if (busy > 0.5)
    run.say(`This machine is busy (load ${busy.toFixed(1)}): trust the ratios, not the figures.`);
  try {
    for (const measure of measures) await attempt(run, measure);
    const measured = await report(run);
    process.stdout.write(`${measured}\n`);
    // What failed is for the eyes of whoever ran it: its message may hold paths.
    if (chosen.write && !process.exitCode) await writePage(measured);
    else if (chosen.write) run.say('docs/benchmarks.md stays as it was: a measure failed');
  } finally {
    await run.close();
  }
}

/** One measure that fails must not cost the figures of the others. */
async function attempt(run, measure) {
  try {
    await measure.run(run);
  } catch (error) {
    run.say(error.stack);
    run.omit(`the rest of ${measure.rows.map((row) => row.id).join(', ')}: ${error.message}`);
    process.exitCode = 1;
  }
}

async function report(run) {
  const how = run.rounds === 1 ? 'One round.' : `Medians of ${run.rounds} interleaved rounds.`;
  const missed = missedGoals(run, rows);
  return [
    '## Berth beside distribution',
    ['```sh', `npm run bench${command(run.options)}`, '```'].join('\n'),
    await describeMachine(),
    how,
    renderTable(run, rows),
    ...(missed.length === 0 ? [] : [`Goals that do not hold:\n\n${list(missed)}`]),
    ...(run.omissions.length === 0 ? [] : [`Left out:\n\n${list(run.omissions)}`]),
  ].join('\n\n');
}

function command({ only, rounds, quick }) {
  const flags = [
    ...(only.length > 0 ? [`--only ${only.join(',')}`] : []),
    ...(quick ? ['--quick'] : []),
    ...(rounds === 5 ? [] : [`--rounds ${rounds}`]),
  ];
  return flags.length > 0 ? ` -- ${flags.join(' ')}` : '';
}

function list(sentences) {
  return sentences.map((sentence) => `- ${sentence}`).join('\n');
}
