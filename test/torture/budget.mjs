import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pushAll, short } from './actions.mjs';
import { readJournal } from './check/journal.mjs';
import { expectWhole } from './check/whole.mjs';
import { isProtected } from './model.mjs';
import { Protocol, Violation } from './protocol.mjs';
import { setTag } from './rules.mjs';

/** @typedef {import('./actions.mjs').Actor} Actor */

const BLOCK = 512;
/** Most images are smaller than that. */
const LEAST = 1_000_000;
const MET_MS = 25_000;

/** What content and uploads take, as `du` counts it. */
async function diskUsage(data) {
  let sum = 0;
  for (const folder of ['blobs', 'uploads']) {
    for (const name of await readdir(join(data, folder), { recursive: true })) {
      const path = join(data, folder, name);
      const found = await stat(path).catch((error) => {
        if (error.code !== 'ENOENT') throw error;
      });
      if (found?.isFile()) sum += found.blocks * BLOCK;
    }
  }
  return sum;
}

async function setBudget(rig, budget, protocol = inPeace(rig)) {
  await protocol.send([200], 'PATCH', '/api/settings', json({ budget, confirm: true }));
}

/** Every run that was under way is over when this answers. */
async function askRules(rig, protocol = inPeace(rig)) {
  const { body } = await protocol.send([200], 'POST', '/api/retention', json({}));
  return JSON.parse(body.toString()).budget;
}

function json(value) {
  return { body: Buffer.from(JSON.stringify(value)), type: 'application/json' };
}

function inPeace({ checker, model }) {
  return new Protocol(checker, model, { mayFail: false }, '');
}

async function isMet(rig, budget) {
  for (const until = performance.now() + MET_MS; performance.now() < until;) {
    if ((await diskUsage(rig.server.data)) <= budget) return true;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return false;
}

/**
 * Before clients begin: from now on images go while others come.
 *
 * @param {object} [library] of the server, which is started again, so that nobody has been told of anything
 */
export async function tighten(rig, random, library) {
  await rig.stop();
  await rig.start(library);
  const used = await diskUsage(rig.server.data);
  const budget = Math.max(LEAST, Math.floor(used * (0.4 + 0.6 * random.next())));
  rig.model.budget = { bytes: budget, isKept: false };
  await setBudget(rig, budget);
  const { short: over } = await askRules(rig);
  rig.model.budget.isKept = over === 0 && (used <= budget || (await isMet(rig, budget)));
  rig.tell(`budget of ${budget} bytes, ${used} are used: ${rig.model.budget.isKept ? 'kept' : 'not kept'}`);
}

/**
 * When clients are done: nothing goes any more, and what has gone is gone for good.
 *
 * @param {import('./protocol.mjs').Protocol} [protocol] of a client whose requests may fail
 */
export async function lift(rig, protocol) {
  if (rig.model.budget === undefined) return;
  await setBudget(rig, null, protocol);
  await askRules(rig, protocol);
  rig.model.spent();
  rig.tell('no budget');
}

/** An image that may be gone in a moment, or finds no room. */
export async function pushWithin(actor) {
  const { random, contents, own, shared } = actor;
  const repository = random.chance(0.8) ? own : shared;
  const image = random.chance(0.2)
    ? contents.index(random, actor.label())
    : contents.image(random, actor.label());
  const tag = `tight-${random.between(1, 6)}`;
  await pushAll(actor, repository, image, [tag]);
  await checkBudget(actor);
  return `push ${short(image)} to ${repository}:${tag} within the budget`;
}

/** A protected tag is there, however little room there is. */
export async function keepWithin(actor) {
  const { random, contents, own, protocol, model } = actor;
  const repository = model.repository(`${own.slice(0, own.indexOf('/'))}/kept`);
  const tag = random.pick(['v1', 'v2']);
  const setting = repository.setting(tag).possible();
  if (setting.size > 1 || repository.tag(tag).possible().size > 1) return undefined;
  const where = `${repository.name}:${tag}`;
  if (setting.has('protected')) {
    const headers = { accept: '*/*' };
    const read = (path) => protocol.send([200], 'GET', path, { headers });
    const [digest] = repository.tag(tag).possible();
    await expectWhole(read, repository.name, digest, contents);
    return `pull ${where}, which is protected`;
  }
  const image = contents.image(random, actor.label());
  await pushAll(actor, repository.name, image, [tag]);
  // It may be gone again already.
  const { status } = await setTag(actor, repository, tag, { protected: true }, [200, 404], 'protected');
  await checkBudget(actor);
  return `push ${short(image)} to ${where} and protect it: ${status}`;
}

/** What is being read is not given up; what is gone is gone as a whole. */
export async function pullWithin(actor) {
  const { random, protocol, own, contents, model } = actor;
  const tag = random.pick([...model.repository(own).tags.keys()]);
  if (tag === undefined) return undefined;
  const headers = { accept: '*/*' };
  const answer = await protocol.send([200, 404], 'GET', `/v2/${own}/manifests/${tag}`, { headers });
  if (answer.status === 404) return `${own}:${tag} is gone`;
  const read = (path) => protocol.send([200], 'GET', path, { headers });
  await expectWhole(read, own, answer.headers['docker-content-digest'], contents);
  return `pull ${own}:${tag}`;
}

async function checkBudget({ rig, model }) {
  if (model.budget?.isKept !== true || !rig.server.isRunning) return;
  const used = await diskUsage(rig.server.data);
  if (used > model.budget.bytes) {
    throw new Violation(`after a push ${used} bytes are used, of a budget of ${model.budget.bytes}`);
  }
}

/**
 * Lowers the budget when nobody uses anything: it is met at once, without what is protected, and the
 * least recently used images go first.
 *
 * @param {object} [library] of the server, which is started again, so that nobody has been told of anything
 */
export async function lowerAtRest(rig, random, library) {
  await rig.stop();
  await rig.start(library);
  const { data } = rig.server;
  const before = await readJournal(data, { mayBeTorn: false });
  const used = await diskUsage(data);
  const budget = Math.max(1, Math.floor(used * random.next()));
  rig.tell(`lower the budget to ${budget} of ${used} bytes`);
  rig.model.budget = { bytes: budget, isKept: false };
  await setBudget(rig, budget);
  if (isEasy(before, rig.model) && !(await isMet(rig, budget))) {
    throw new Violation(`${await diskUsage(data)} bytes are still used, of a budget of ${budget}`);
  }
  await lift(rig);
  checkOrder(before, await readJournal(data, { mayBeTorn: false }), rig.model);
  await rig.checkStarted();
}

/** Whether nothing is there that a budget has to leave: uploads under way, what is new, what is protected. */
function isEasy({ repositories }, model) {
  if (model.openUploads.size > 0) return false;
  return [...repositories.values()].every(
    ({ name, tags, blobs, manifests }) =>
      [...tags].every(([tag, each]) => !each.protected && !isProtected(model.repository(name), tag)) &&
      [...blobs.values()].every(({ unusedSince }) => unusedSince === undefined) &&
      [...manifests.values()].every(({ absent = [] }) => absent.length === 0),
  );
}

/** What stays although it was used before something that is gone either is protected or would free nothing. */
function checkOrder(before, after, model) {
  const images = [...before.repositories.values()].flatMap((repository) =>
    imagesOf(before, repository, model),
  );
  const stays = ({ name, tag }) => after.repositories.get(name)?.tags.has(tag) ?? false;
  for (const image of images) {
    if (image.isProtected && !stays(image)) throw new Violation(`the budget took ${image.name}:${image.tag}`);
  }
  // A signature goes with what it is of, however young it is.
  const gone = images.filter((image) => image.isPlain && !stays(image));
  const latest = Math.max(...gone.map(({ lastUse }) => lastUse));
  const wrong = images.find((image) => stays(image) && image.isPlain && image.lastUse < latest);
  if (wrong === undefined) return;
  const other = gone.find(({ lastUse }) => lastUse === latest);
  throw new Violation(
    `the budget took ${other.name}:${other.tag}, and left ${wrong.name}:${wrong.tag}, used before`,
  );
}

/** `isPlain` is what nothing else holds, so that it would free something. */
function imagesOf({ repositories }, { name, tags, manifests }, model) {
  const all = [...manifests.values()];
  const isElsewhere = (digest) =>
    [...repositories.values()].some((other) => other.name !== name && other.manifests.has(digest));
  // Rules and lifetimes are asked before the budget.
  const isRuled = ([tag, { expiresAt }]) =>
    expiresAt !== undefined || (model.repository(name).isRuled && !isProtected(model.repository(name), tag));
  const free = [...tags].filter((entry) => !isRuled(entry));
  return free.map(([tag, { digest }]) => {
    const manifest = manifests.get(digest);
    const below = [
      manifest,
      ...(manifest.manifests ?? []).flatMap((each) => manifests.get(each.digest) ?? []),
    ];
    const own = [...tags].filter(([, each]) => each.digest === digest);
    const isKept = own.some(
      ([each, { protected: flag }]) => flag || isProtected(model.repository(name), each),
    );
    const touched = own.flatMap(([, { pushedAt, restoredAt = 0 }]) => [pushedAt, restoredAt]);
    const pulled = below.map(({ pulledAt = 0 }) => pulledAt);
    const isListed = all.some((index) => index.manifests?.some((child) => child.digest === digest));
    const isRelated = manifest.subject !== undefined || all.some(({ subject }) => subject === digest);
    const isSignature = own.some(([each]) => each.startsWith('sha256-'));
    const isSigned = tags.has(`${digest.replace(':', '-')}.sig`);
    return {
      name,
      tag,
      isProtected: isKept,
      isPlain:
        !isKept &&
        !isListed &&
        !isRelated &&
        !isSignature &&
        !isSigned &&
        !isElsewhere(digest) &&
        below.length === 1,
      lastUse: Math.max(manifest.pushedAt, manifest.restoredAt ?? 0, ...touched, ...pulled),
    };
  });
}
