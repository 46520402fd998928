import { Violation } from '../protocol.mjs';
import { expectWhole } from './whole.mjs';

/**
 * Compares all that the server serves with what its clients were promised.
 *
 * @param {import('../client.mjs').Client} client
 * @param {import('../model.mjs').Model} model
 * @param {import('../content.mjs').Contents} contents
 * @param {{ settle: boolean }} how `settle` after a restart: what was in doubt is what is found now
 * @returns {Promise<Served>}
 *
 * @typedef {Map<string, { tags: Map<string, string>, manifests: Set<string> }>} Served
 */
export async function checkServed(client, model, contents, { settle }) {
  const read = reader(client);
  const findHalves = settle ? model.watchDoubtful() : () => undefined;
  /** @type {Served} */
  const served = new Map();
  const { value: listed } = await client.json('/v2/_catalog?n=10000');
  const unknown = listed.repositories.filter((name) => !model.repositories.has(name));
  if (unknown.length > 0) throw new Violation(`repositories that nobody pushed to: ${unknown}`);

  for (const repository of model.repositories.values()) {
    const tags = await checkTags(client, repository, model);
    const manifests = await checkManifests(read, repository, contents, tags, model);
    if (settle) settleRepository(repository, tags, manifests);
    const isListed = listed.repositories.includes(repository.name);
    if (isListed !== manifests.size > 0) {
      throw new Violation(`_catalog lists ${repository.name}: ${isListed}, of ${manifests.size} manifests`);
    }
    served.set(repository.name, { tags, manifests });
  }
  if (!settle) return served;
  model.trashWasEmptied = false;
  const halves = findHalves();
  if (halves !== undefined) {
    const values = halves.map(({ write }) => String(write.value));
    throw new Violation(`a change took effect by halves: it wrote ${values}, but not all of it is there`);
  }
  return served;
}

/** Each blob is compared once; where it is linked a second time its size has to do. */
function reader(client) {
  const seen = new Map();
  return async (path) => {
    const content = /(manifests|blobs)\/(?<digest>sha\d+:[0-9a-f]+)$/.exec(path)?.groups?.digest ?? path;
    const before = seen.get(content);
    const method = before === undefined ? 'GET' : 'HEAD';
    const answer = await client.send(method, path, { headers: { accept: '*/*' } });
    if (answer.status !== 200) throw new Violation(`GET ${path} answered ${answer.status}: ${answer.body}`);
    if (before === undefined) seen.set(content, answer.body);
    else if (Number(answer.headers['content-length']) !== before.length) {
      throw new Violation(`HEAD ${path} says ${answer.headers['content-length']} bytes of ${before.length}`);
    }
    return before === undefined ? answer : { ...answer, body: before };
  };
}

async function checkTags(client, repository, model) {
  const path = `/v2/${repository.name}/tags/list`;
  const { status, value } = await client.json(path);
  if (status !== 200 && status !== 404) throw new Violation(`GET ${path} answered ${status}`);
  const listed = new Set(status === 200 ? value.tags : []);
  const found = new Map();
  for (const tag of new Set([...listed, ...repository.tags.keys()])) {
    const where = `${repository.name}:${tag}`;
    const manifest = `/v2/${repository.name}/manifests/${tag}`;
    const answer = await client.send('HEAD', manifest, { headers: { accept: '*/*' } });
    const digest = answer.status === 200 ? answer.headers['docker-content-digest'] : undefined;
    if (answer.status !== 200 && answer.status !== 404) {
      throw new Violation(`HEAD ${manifest} answered ${answer.status}`);
    }
    if (listed.has(tag) !== (digest !== undefined))
      throw new Violation(`${where}: ${digest}, but not listed so`);
    const possible = repository.tags.get(tag)?.possible() ?? new Set([undefined]);
    // A signature goes with what it is of.
    if (/^sha256-[0-9a-f]{64}\.sig$/.test(tag) && model.trashWasEmptied) possible.add(undefined);
    if (!possible.has(digest)) {
      throw new Violation(`${where} is ${digest}; possible: ${[...possible].map(String).join(' or ')}`);
    }
    if (digest !== undefined) found.set(tag, digest);
  }
  return found;
}

async function checkManifests(read, repository, contents, tags, model) {
  const needed = new Set();
  for (const digest of tags.values()) need(needed, contents, digest);
  const found = new Set();
  for (const [digest, register] of repository.manifests) {
    const possible = register.possible();
    const mustBe = needed.has(digest) || (!possible.has(false) && !model.trashWasEmptied);
    if (!(await isThere(read, repository, digest, { mustBe, mayBe: possible.has(true) }))) continue;
    found.add(digest);
    await expectWhole(read, repository.name, digest, contents);
    await checkReferrer(read, repository, contents.images.get(digest));
  }
  return found;
}

/** What a tag names, and what that lists. */
function need(needed, contents, digest) {
  needed.add(digest);
  for (const child of contents.images.get(digest)?.children ?? []) need(needed, contents, child.digest);
}

async function isThere(read, repository, digest, { mustBe, mayBe }) {
  const path = `/v2/${repository.name}/manifests/${digest}`;
  try {
    await read(path);
  } catch (error) {
    if (mustBe || !/answered 404/.test(error.message)) throw error;
    return false;
  }
  if (!mayBe && !mustBe) throw new Violation(`${path} is there, although its deletion was acknowledged`);
  return true;
}

async function checkReferrer(read, { name }, { digest, subject }) {
  if (subject === undefined) return;
  const { body } = await read(`/v2/${name}/referrers/${subject}?`);
  const referrers = JSON.parse(body.toString()).manifests.map((each) => each.digest);
  if (!referrers.includes(digest)) throw new Violation(`${name}: ${digest} is no referrer of ${subject}`);
}

function settleRepository(repository, tags, manifests) {
  for (const [tag, register] of repository.tags) register.settle(tags.get(tag));
  for (const [digest, register] of repository.manifests) register.settle(manifests.has(digest));
}
