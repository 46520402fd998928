import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { lift, lowerAtRest, tighten } from './budget.mjs';
import { Unanswered } from './client.mjs';
import { Contents } from './content.mjs';
import { damageAndHeal } from './damage.mjs';
import { damageAndRepair } from './damage-journal.mjs';
import { drawTroubledStarts, drawWeather } from './faults.mjs';
import { Model } from './model.mjs';
import { Failed, Violation } from './protocol.mjs';
import { Random } from './random.mjs';
import { repertoiresOf } from './repertoire.mjs';
import { Rig } from './rig.mjs';
import { retain } from './rules.mjs';

const CLIENTS = 4;
/** Bytes of a segment: with small ones checkpoints are made all the time. Undefined is the command line. */
const SEGMENTS = [600, 6000, 60_000, undefined];

/** One data folder through some rounds of work, faults and recovery, all of it drawn from one seed. */
export class Life {
  #seed;
  #rig;
  #repertoires;

  /**
   * @param {number} seed
   * @param {{ rounds: number, until?: number }} limits `until` on performance.now()'s clock
   * @returns {Promise<number>} rounds
   */
  static async run(seed, { rounds, until = Infinity }) {
    const folder = await mkdtemp(join(tmpdir(), `berth-torture-${seed}-`));
    const contents = new Contents(new Random(seed, 'contents'));
    const rig = new Rig(seed, { folder, model: new Model(), contents });
    const life = new Life(seed, rig);
    try {
      await rig.makeFolder();
      await life.#start(new Random(seed, 'life'));
      await rig.setRules();
      life.#repertoires = await repertoiresOf(rig.checker);
      let round = 0;
      while (round < rounds && performance.now() < until) await life.#round((round += 1));
      await rig.stop();
      await rig.dispose();
      return round;
    } catch (error) {
      throw await rig.keep(error);
    }
  }

  /** @private use run */
  constructor(seed, rig) {
    this.#seed = seed;
    this.#rig = rig;
  }

  async #round(number) {
    const { server, weather: now } = this.#rig;
    const random = new Random(this.#seed, number);
    const weather = drawWeather(random);
    const cut = weather.cut === undefined ? '' : `, then a power cut (${weather.cut})`;
    this.#rig.tell(`round ${number}: ${weather.title}${cut}`);
    const isTight = this.#canBeTight && random.chance(0.2);
    if (isTight) await tighten(this.#rig, random, this.#draw(random));
    now.mayFail = weather.mayFail;
    if (weather.plan !== undefined) await server.arm(weather.plan);

    let isEnding = false;
    const end = async () => {
      isEnding = true;
      await (weather.end === 'kill' ? server.kill() : this.#rig.stop({ hasFailed: weather.mayFail }));
    };
    const timer = weather.afterMs === undefined ? undefined : later(weather.afterMs, end);
    // The end of the connection may be seen before the end of the process.
    const mayBreak = async () => isEnding || weather.mayFail || (await server.endsSoon());
    const { contention, usual, tight } = this.#repertoires;
    const repertoire = isTight ? tight : random.chance(0.3) ? contention : usual;
    const clients = Array.from({ length: CLIENTS }, (_, at) => this.#play(number, at, repertoire, mayBreak));
    await settle(clients);
    await timer;

    if (weather.mayFail && server.isRunning) await this.#goOn(number);
    if (server.isRunning) await end();
    await server.ended();
    await this.#recover(random, weather);
  }

  /** What failed is over: without a restart, everything has to work and to be as it was promised. */
  async #goOn(number) {
    await this.#rig.server.arm({ action: 'count', scope: 'none' });
    this.#rig.weather.mayFail = false;
    await lift(this.#rig);
    await this.#rig.checkRunning();
    await this.#play(`${number}, after the fault`, 0, this.#repertoires.usual, async () => false);
  }

  async #recover(random, { cut, end }) {
    if (end === 'kill' && cut !== undefined) await this.#rig.cutPower(cut, random);
    if (end === 'kill') await this.#rig.checkAfterCrash();
    this.#rig.weather.mayFail = false;
    for (const plan of drawTroubledStarts(random)) await this.#startIntoTrouble(plan);
    await this.#start(random);
    await lift(this.#rig);
    await this.#rig.checkStarted();
    if (random.chance(0.3)) {
      await this.#rig.stop();
      await this.#start(random);
    }
    if (random.chance(0.3)) await this.#rig.reclaim(random.chance(0.5));
    if (random.chance(0.2)) await this.#rig.retain(this.#draw(random));
    if (this.#canBeTight && random.chance(0.15)) await lowerAtRest(this.#rig, random, this.#draw(random));
    if (random.chance(0.25)) await this.#compact();
    if (random.chance(0.2)) await damageAndRepair(this.#rig, random, this.#draw(random));
    if (random.chance(0.15)) await damageAndHeal(this.#rig, random, this.#draw(random));
    if (random.chance(0.4)) await this.#rig.verify();
  }

  async #compact() {
    if (!this.#rig.server.canMaintain) return;
    await this.#rig.maintain();
    this.#rig.tell('maintenance a week later');
    await this.#rig.checkStarted();
  }

  async #startIntoTrouble(plan) {
    const isUp = await this.#rig.server.start({ plan, power: true });
    this.#rig.tell(`start with ${JSON.stringify(plan)}: ${isUp ? 'listens' : 'ended'}`);
    await this.#rig.server.kill();
  }

  async #start(random) {
    await this.#rig.start(this.#draw(random));
  }

  get #canBeTight() {
    return this.#repertoires.usual.some(([, action]) => action === retain);
  }

  /** Options of the registry. */
  #draw(random) {
    const segmentBytes = random.pick(SEGMENTS);
    return segmentBytes === undefined ? undefined : { segmentBytes };
  }

  /** @param {() => Promise<boolean>} mayBreak tells whether it is no fault of the server that it does not answer */
  async #play(round, at, repertoire, mayBreak) {
    const name = `client ${at}`;
    const client = this.#rig.newClient();
    const repository = new Random(this.#seed, round, name, 'repository').pick(['app', 'tools']);
    const actor = this.#rig.actor(name, round, `client-${at}/${repository}`, client);
    try {
      for (let left = actor.random.between(4, 14); left > 0; left -= 1) {
        if (!(await this.#act(actor, actor.random.weigh(repertoire), mayBreak))) return;
      }
    } finally {
      client.close();
    }
  }

  /** @returns {Promise<boolean>} whether there is a server to go on with */
  async #act(actor, action, mayBreak) {
    try {
      const done = await action(actor);
      if (done !== undefined) this.#rig.tell(`  ${actor.name}: ${done}`);
    } catch (error) {
      this.#rig.tell(`  ${actor.name}: ${action.name}: ${error.message}`);
      if (error instanceof Failed) return true;
      if (!(error instanceof Unanswered)) throw error;
      if (!(await mayBreak())) throw new Violation(error.message);
      return this.#rig.server.isRunning;
    }
    return true;
  }
}

async function later(ms, work) {
  await new Promise((resolve) => setTimeout(resolve, ms));
  await work();
}

/** All of them, even if one fails: nothing may go on behind the back of the error's handler. */
async function settle(promises) {
  const results = await Promise.allSettled(promises);
  const failed = results.find(({ status }) => status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}
