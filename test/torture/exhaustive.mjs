import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Unanswered } from './client.mjs';
import { lift } from './budget.mjs';
import { Contents } from './content.mjs';
import { removeAside, repair } from './damage-journal.mjs';
import { Model } from './model.mjs';
import { Failed, Violation } from './protocol.mjs';
import { Random } from './random.mjs';
import { Rig } from './rig.mjs';

/** @typedef {import('./scenarios.mjs').Scenario} Scenario */

const WRITES = new Set(['file.write', 'file.writev', 'file.writeFile', 'writeFile', 'appendFile']);

/** A trial is mostly waiting, for processes to start and for the disk. */
const AT_ONCE = 2;

/** Trials of an operation, however few are asked for. */
const LEAST = 2;

/**
 * Makes every changing call of the scenarios go wrong, one after the other: the process is killed before it,
 * in the middle of it, after the last; the power fails; the call fails; the disk is full from there on.
 *
 * @param {Scenario[]} scenarios
 * @param {{ seed: number, every: number }} how `every` 1 for all trials, 2 for one in two, and so on
 * @param {(line: string) => void} say
 * @returns {Promise<number>} trials
 */
export async function exhaust(scenarios, { seed, every }, say) {
  const trials = [];
  for (const scenario of scenarios) {
    const calls = await countCalls(scenario, seed);
    const all = calls.flatMap((call, index) => plansAt(index + 1, call));
    if (calls.length > 0) all.push({ action: 'kill-after', at: calls.length, cut: 'nothing-unsynced' });
    const plans =
      every === 1 ? all : draw(all, every * (scenario.costs ?? 1), new Random(seed, scenario.name));
    trials.push(...plans.map((plan) => ({ scenario, plan })));
    say(`  ${scenario.name}: ${calls.length} changing calls, ${plans.length} trials`);
  }
  const rest = trials.values();
  await Promise.all(Array.from({ length: AT_ONCE }, () => attemptAll(rest, seed)));
  return trials.length;
}

async function attemptAll(trials, seed) {
  for (const { scenario, plan } of trials) await attempt(scenario, seed, plan);
}

/** One in so many, and a few of each operation. */
function draw(plans, every, random) {
  const left = [...plans];
  const count = Math.min(plans.length, Math.max(LEAST, Math.round(plans.length / every)));
  return Array.from({ length: count }, () => left.splice(random.between(0, left.length - 1), 1)[0]);
}

function plansAt(at, { name }) {
  return [
    { action: 'kill-before', at },
    { action: 'kill-before', at, cut: 'nothing-unsynced' },
    { action: 'kill-before', at, cut: 'some' },
    ...(WRITES.has(name) ? [{ action: 'kill-middle', at }] : []),
    { action: 'fail', at, error: 'EIO' },
    { action: 'fail', at, error: 'ENOSPC', cut: 'nothing-unsynced' },
    { action: 'fill', at, error: 'ENOSPC' },
  ];
}

async function countCalls(scenario, seed) {
  return await inTrial(scenario, seed, async (trial) => {
    const { needs } = scenario;
    if (needs !== undefined && (await trial.rig.checker.send('GET', needs)).status === 404) return [];
    await run(scenario, trial, { action: 'count' });
    const calls = await trial.rig.server.calls();
    await scenario.after?.(trial);
    await trial.rig.server.kill();
    const first = calls.findLastIndex(({ number }) => number === 1);
    return calls.slice(first);
  });
}

async function attempt(scenario, seed, plan) {
  await inTrial(scenario, seed, async (trial) => {
    const { rig } = trial;
    rig.tell(`${scenario.name}: ${JSON.stringify(plan)}`);
    const mayFail = plan.action === 'fail' || plan.action === 'fill';
    rig.weather.mayFail = mayFail;
    const isDone = await run(scenario, trial, { part: 0.5, ...plan });
    rig.tell(`it ${isDone ? 'was acknowledged' : 'failed'}`);
    if (mayFail && rig.server.isRunning) await goOn(scenario, trial);
    await rig.server.kill();
    if (plan.cut !== undefined) await rig.cutPower(plan.cut, new Random(seed, plan.at, plan.cut));
    rig.weather.mayFail = false;
    if (scenario.is === 'repair') {
      await repair(rig, { what: 'a flipped bit' });
      await removeAside(rig.server.data);
    } else {
      await rig.checkAfterCrash();
    }
    await rig.start(scenario.library);
    await lift(rig);
    await rig.checkStarted();
    await scenario.act(trial);
    await rig.checkRunning();
    await scenario.after?.(trial);
    await rig.verify();
    await rig.stop();
  });
}

/** Without a restart everything is as it was told, and what failed can be done again. */
async function goOn(scenario, trial) {
  const { rig } = trial;
  const [last] = (await rig.server.calls()).slice(-1);
  await rig.server.arm({ action: 'count', scope: 'none' });
  rig.weather.mayFail = false;
  rig.tell(`the server goes on, after ${last?.number} calls`);
  await lift(rig);
  await rig.checkRunning();
  await scenario.act(trial);
  await rig.checkRunning();
}

/** @returns {Promise<boolean>} whether all that was asked for was acknowledged */
async function run(scenario, trial, plan) {
  const { server } = trial.rig;
  if (scenario.is === 'start') {
    return await server.start({ plan, power: true, library: scenario.library });
  }
  if (scenario.is === 'repair') return (await server.repair({ plan, power: true })).code === 0;
  await server.arm(plan);
  if (scenario.is === 'stop') return (await server.stop()) === 0;
  try {
    await scenario.act(trial);
    return true;
  } catch (error) {
    trial.rig.tell(error.message);
    if (error instanceof Failed) return false;
    if (error instanceof Unanswered && (await server.endsSoon())) return false;
    throw error instanceof Unanswered ? new Violation(error.message) : error;
  }
}

async function inTrial(scenario, seed, work) {
  const folder = await mkdtemp(join(tmpdir(), `berth-torture-${seed}-`));
  const contents = new Contents(new Random(seed, 'contents'));
  const rig = new Rig(seed, { folder, model: new Model(), contents });
  const client = rig.newClient();
  try {
    await rig.makeFolder();
    const trial = { rig, actor: rig.actor('client', scenario.name, 'own/app', client) };
    await rig.start(scenario.library);
    await scenario.before?.(trial);
    const result = await work(trial);
    await rig.dispose();
    return result;
  } catch (error) {
    throw await rig.keep(error);
  } finally {
    client.close();
  }
}
