import { mkdir, readdir, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { checkFolder, checkUploads } from './check/folder.mjs';
import { compareJournal, readJournal } from './check/journal.mjs';
import { checkNeeded } from './check/needed.mjs';
import { expectedByRules, RULES } from './check/rules.mjs';
import { checkSettings } from './check/settings.mjs';
import { checkServed } from './check/served.mjs';
import { Client, Unanswered } from './client.mjs';
import { cutPower } from './power-cut.mjs';
import { Failed, Protocol, Violation } from './protocol.mjs';
import { Random } from './random.mjs';
import { Server } from './server.mjs';

/** A server over a data folder of its own, what its clients were promised, and the checks of both. */
export class Rig {
  /** What was done and what happened, for whoever has to find out why it failed. */
  story = [];
  /** Whether faults are being injected, so that requests may be refused. */
  weather = { mayFail: false };
  /** What was damaged on purpose, as the quarantine names it. @type {Set<string>} */
  damaged = new Set();
  #labels = 0;
  #hasRules = false;

  /**
   * @param {number} seed
   * @param {{ folder: string, model: import('./model.mjs').Model, contents: import('./content.mjs').Contents }} parts
   */
  constructor(seed, { folder, model, contents }) {
    this.seed = seed;
    this.folder = folder;
    this.model = model;
    this.contents = contents;
    this.server = new Server(folder);
    this.checker = new Client(() => this.server.url);
  }

  async makeFolder() {
    await mkdir(this.server.data, { recursive: true });
  }

  /** A client that works in `own`, where nobody else does, and in the repository of all. */
  actor(name, round, own, client) {
    const { model, contents, seed } = this;
    model.repository(own);
    model.repository('shared/all', true);
    return {
      name,
      random: new Random(seed, round, name),
      protocol: new Protocol(client, model, this.weather, 'shared/all'),
      model,
      contents,
      own,
      shared: 'shared/all',
      rig: this,
      label: () => `${seed}-${(this.#labels += 1)}`,
    };
  }

  newClient() {
    return new Client(() => this.server.url);
  }

  /** @param {object} [library] options of the registry; without them it is the command line's */
  async start(library) {
    const before = this.server.log.length;
    if (await this.server.start({ library, power: true })) return;
    throw new Violation(`the server does not start: ${this.server.log.slice(before)}`);
  }

  /**
   * In good order.
   *
   * @param {{ hasFailed?: boolean }} [state] whether calls have failed since it was started
   */
  async stop(state = {}) {
    const code = await this.server.stop();
    this.tell(`stopped with code ${code}`);
    if (code !== 0) throw new Violation(`a stop in good order ended with code ${code}`);
    await checkFolder(this.server.data, this.model, {
      ...state,
      startedAt: this.server.startedAt,
      damaged: this.damaged,
    });
  }

  /** The server is dead: takes back what the disk need not have kept. */
  async cutPower(cut, random) {
    await cutPower(this.server.data, this.server.power, cut, random);
    this.model.loseUploads();
  }

  /** After a crash, before the next start: all but the last write has to be whole. */
  async checkAfterCrash() {
    await readJournal(this.server.data, { mayBeTorn: true });
  }

  /** What failed is over, and the server runs on: what it refused may yet show after a restart. */
  async checkRunning() {
    await checkServed(this.checker, this.model, this.contents, { settle: false });
  }

  /** After a start: everything, and what was in doubt is not any more. */
  async checkStarted() {
    const { data } = this.server;
    const served = await checkServed(this.checker, this.model, this.contents, { settle: true });
    const { value: stats } = await this.checker.json('/_stats');
    const journal = await readJournal(data, { mayBeTorn: false });
    compareJournal(journal, served, stats);
    checkSettings(journal, this.model);
    await this.#checkRules();
    const uploads = await checkFolder(data, this.model, {
      isRunning: true,
      startedAt: this.server.startedAt,
      damaged: this.damaged,
    });
    await checkUploads(this.checker, data, uploads, this.model);
  }

  async #checkRules() {
    if (!this.#hasRules) return;
    const { value } = await this.checker.json('/api/settings');
    const [found, expected] = [value.retention, RULES].map((each) => JSON.stringify(each));
    if (found !== expected) throw new Violation(`the retention rules are ${found}, not ${expected}`);
  }

  /** For the whole life, in the file of settings. @see check/rules.mjs */
  async setRules() {
    const sent = { body: Buffer.from(JSON.stringify({ retention: RULES })), type: 'application/json' };
    const { status, body } = await this.checker.send('PATCH', '/api/settings', sent);
    if (status === 404) return;
    if (status !== 200) throw new Violation(`PATCH /api/settings answered ${status}: ${body}`);
    this.#hasRules = true;
  }

  /** Nothing is damaged, so that a check of everything finds nothing, whatever has happened. */
  async verify() {
    const { status, body: text } = await this.checker.send('POST', '/api/verify');
    if (status === 404) return;
    const { ok, journal } = status === 200 ? JSON.parse(text.toString()) : {};
    if (!ok || journal.changing > 0) throw new Violation(`POST /api/verify answered ${status}: ${text}`);
  }

  /**
   * A week passes for the closed segments, so that maintenance folds them into the base.
   *
   * @throws {Failed} if that is in order now
   */
  async maintain() {
    const folder = join(this.server.data, 'journal');
    const weekAgo = Date.now() / 1000 - 8 * 86_400;
    for (const name of await readdir(folder)) {
      // Maintenance may just have removed it.
      if (name.endsWith('.log')) await utimes(join(folder, name), weekAgo, weekAgo).catch(() => undefined);
    }
    const error = await this.server.maintain().finally(() => this.model.ruled());
    if (error === undefined) return;
    if (!this.server.isRunning || /stopping|aborted/.test(error))
      throw new Unanswered(`maintenance: ${error}`);
    throw new (this.weather.mayFail ? Failed : Violation)(`maintenance: ${error}`);
  }

  /**
   * Nobody else is there, and nothing was promised to anybody since the start: what goes and what stays is
   * known to the file.
   */
  async reclaim(emptyTrash) {
    const body = Buffer.from(JSON.stringify({ emptyTrash }));
    const sent = { body, type: 'application/json' };
    const { status, body: text } = await this.checker.send('POST', '/_gc', sent);
    this.tell(`reclaim, emptyTrash ${emptyTrash}: ${status} ${text}`);
    if (status === 404) return;
    if (status !== 200) throw new Violation(`POST /_gc answered ${status}: ${text}`);
    this.model.trashWasEmptied = emptyTrash;
    await this.checkStarted();
    await this.checkReclaimed(emptyTrash);
  }

  /**
   * A run of the rules when nobody uses anything: what goes, and what stays, is known to the tag.
   *
   * @param {object} [library] of the server, which is started again, so that nobody has been told of anything
   */
  async retain(library) {
    await this.stop();
    await this.start(library);
    const { data } = this.server;
    if (!this.#hasRules) return;
    const expected = expectedByRules(await readJournal(data, { mayBeTorn: false }), Date.now());
    const sent = { body: Buffer.from('{}'), type: 'application/json' };
    const { status, body } = await this.checker.send('POST', '/api/retention', sent);
    this.tell(`retention: ${status} ${body}`);
    if (status !== 200) throw new Violation(`POST /api/retention answered ${status}: ${body}`);
    const { repositories } = await readJournal(data, { mayBeTorn: false });
    for (const [name, tags] of expected) {
      const there = [...(repositories.get(name)?.tags.keys() ?? [])].sort().join(' ');
      const due = tags.sort().join(' ');
      if (there !== due) throw new Violation(`after the rules ${name} has the tags ${there}, not ${due}`);
    }
    this.model.ruled();
    await this.checkStarted();
  }

  /** The base stands for all segments that are closed for a week. */
  async checkCompacted() {
    const folder = join(this.server.data, 'journal');
    const closed = (await readdir(folder))
      .filter((name) => /^\d{8}\.log$/.test(name))
      .sort()
      .slice(0, -1);
    for (const name of closed) {
      const { mtimeMs } = await stat(join(folder, name));
      if (mtimeMs < this.server.startedAt - 86_400_000) throw new Violation(`${name} is still there`);
    }
  }

  async checkReclaimed(emptyTrash) {
    const { data } = this.server;
    await checkNeeded(data, await readJournal(data, { mayBeTorn: false }), emptyTrash);
  }

  tell(line) {
    this.story.push(line);
  }

  /** Removes everything. */
  async dispose() {
    this.checker.close();
    await rm(this.folder, { recursive: true, force: true });
  }

  /** Keeps everything for whoever looks into it. @returns {Promise<Error>} the error with what belongs to it */
  async keep(error) {
    await this.server.kill().catch(() => undefined);
    this.checker.close();
    await writeFile(join(this.folder, 'story'), `${this.story.join('\n')}\n${error.stack}\n`);
    await writeFile(join(this.folder, 'server.log'), this.server.log);
    return Object.assign(error, { story: this.story, folder: this.folder });
  }
}
