import { importAll } from './carry.mjs';
import { Violation } from './protocol.mjs';
import { expectWhole } from './check/whole.mjs';

/**
 * @typedef {object} Actor one simulated client in one round
 * @property {string} name
 * @property {import('./random.mjs').Random} random
 * @property {import('./protocol.mjs').Protocol} protocol
 * @property {import('./model.mjs').Model} model
 * @property {import('./content.mjs').Contents} contents
 * @property {string} own a repository that only this client writes to
 * @property {string} shared one that all write to
 * @property {() => string} label a word that no other action of this life gets
 */

const TAGS = ['latest', 'v1', 'v2', 'v3', 'edge', 'stable'];

export async function pushImage(actor) {
  const { random, contents } = actor;
  const repository = anyRepository(actor);
  const image = random.chance(0.2) ? anyImage(actor) : contents.image(random, actor.label());
  const tags = someTags(actor);
  await pushAll(actor, repository, image, tags);
  return `push ${short(image)} to ${repository}:${tags}`;
}

/**
 * Pushes what others push and delete at the same time, pulls it and deletes it: what a reclaim wants to take
 * is taken into use again at every moment.
 */
export async function churn(actor) {
  const { random, protocol, own, model } = actor;
  const repository = model.repository(own);
  const image = random.pick(actor.contents.wellKnown);
  await pushAll(actor, own, image, ['churn']);
  const read = (path) => protocol.send([200], 'GET', path, { headers: { accept: '*/*' } });
  await expectWhole(read, own, image.digest, actor.contents);
  const isSure = [...repository.tags.values()].every((tag) => tag.possible().size === 1);
  if (random.chance(0.3) || !isSure) return `push and pull ${short(image)} in ${own}`;
  const tags = [...repository.certainTags()].filter(([, digest]) => digest === image.digest);
  const gone = tags.map(([tag]) => [repository.tag(tag), undefined]);
  const path = `/v2/${own}/manifests/${image.digest}`;
  const attached = alongWith(actor.contents, repository, image.digest);
  const unsure = model.begin(attached.map((digest) => [repository.manifest(digest), false]));
  const writes = [[repository.manifest(image.digest), false], ...gone];
  await protocol.change(writes, [202], 'DELETE', path).finally(unsure.doubt);
  return `push, pull and delete ${short(image)} in ${own}`;
}

export async function pushIndex(actor) {
  const repository = anyRepository(actor);
  const index = actor.contents.index(actor.random, actor.label());
  const tags = someTags(actor);
  await pushAll(actor, repository, index, tags);
  return `push index ${short(index)} to ${repository}:${tags}`;
}

/** What others push side by side, in one go. */
export async function importImage(actor) {
  const { random, contents } = actor;
  const repository = anyRepository(actor);
  const image = random.chance(0.3)
    ? contents.index(random, actor.label())
    : contents.image(random, actor.label());
  const tags = someTags(actor);
  await importAll(actor, repository, image, tags);
  return `import ${short(image)} into ${repository}:${tags}`;
}

export async function pushArtifact(actor) {
  const repository = actor.model.repository(actor.own);
  const [subject] = someManifests(actor, repository);
  if (subject === undefined) return undefined;
  const artifact = actor.contents.artifact(actor.random, actor.label(), subject);
  await pushAll(actor, actor.own, artifact, []);
  return `attach ${short(artifact)} to ${short(subject)} in ${actor.own}`;
}

/** Gives what a tag names another tag, by reading and writing the manifest. */
export async function retag(actor) {
  const repository = actor.model.repository(anyRepository(actor));
  const [from, digest] = actor.random.pick([...repository.certainTags()]) ?? [];
  if (digest === undefined) return undefined;
  const to = actor.random.pick(TAGS);
  const path = `/v2/${repository.name}/manifests/${from}`;
  const answer = await actor.protocol.send([200, 404], 'GET', path, { headers: { accept: '*/*' } });
  const found = answer.headers['docker-content-digest'];
  if (found === undefined && repository.isShared) return undefined;
  if (found !== digest && !repository.isShared) throw new Violation(`${path} is ${found}, not ${digest}`);
  await actor.protocol.putManifest(repository.name, actor.contents.images.get(found), [to], false);
  return `retag ${repository.name}:${from} as ${to}`;
}

export async function pull(actor) {
  const repository = actor.model.repository(anyRepository(actor));
  const [tag, digest] = actor.random.pick([...repository.certainTags()]) ?? [];
  if (digest === undefined) return undefined;
  const path = `/v2/${repository.name}/manifests/${tag}`;
  const answer = await actor.protocol.send([200, 404], 'GET', path, { headers: { accept: '*/*' } });
  // Others may have moved or deleted it meanwhile.
  if (repository.isShared && answer.status === 404) return undefined;
  const found = answer.headers['docker-content-digest'];
  if (!repository.isShared && found !== digest) throw new Violation(`${path} is ${found}, not ${digest}`);
  const read = (blobPath) => actor.protocol.send([200], 'GET', blobPath, { headers: { accept: '*/*' } });
  await expectWhole(read, repository.name, found, actor.contents);
  return `pull ${repository.name}:${tag}`;
}

export async function deleteTag(actor) {
  const repository = actor.model.repository(anyRepository(actor));
  const [tag] = actor.random.pick([...repository.certainTags()]) ?? [];
  if (tag === undefined) return undefined;
  const path = `/v2/${repository.name}/manifests/${tag}`;
  const { status } = await actor.protocol.change(
    [[repository.tag(tag), undefined]],
    [202, 404],
    'DELETE',
    path,
  );
  if (status === 404 && !repository.isShared) throw new Violation(`DELETE ${path}: 404, but it was there`);
  return `delete ${repository.name}:${tag}`;
}

/** By digest, with all its tags, in a repository where nobody else does anything. */
export async function deleteManifest(actor) {
  const repository = actor.model.repository(actor.own);
  if ([...repository.tags.values()].some((tag) => tag.possible().size > 1)) return undefined;
  const [image] = someManifests(actor, repository);
  // Whoever deletes a platform of an index has an index that is not whole any more.
  if (image === undefined || isListed(actor.contents, repository, image.digest)) return undefined;
  const tags = [...repository.certainTags()].filter(([, digest]) => digest === image.digest);
  const { change } = actor.protocol;
  const goesAlong = alongWith(actor.contents, repository, image.digest);
  const path = `/v2/${repository.name}/manifests/${image.digest}`;
  const unsure = actor.model.begin(goesAlong.map((digest) => [repository.manifest(digest), false]));
  try {
    await change.call(
      actor.protocol,
      [[repository.manifest(image.digest), false], ...tags.map(([tag]) => [repository.tag(tag), undefined])],
      [202],
      'DELETE',
      path,
    );
  } finally {
    unsure.doubt();
  }
  return `delete ${short(image)} of ${repository.name}, tags ${tags.map(([tag]) => tag)}`;
}

export function isListed(contents, repository, digest) {
  const known = [...repository.manifests.keys()].map((each) => contents.images.get(each));
  return known.some(({ children }) => children.some((child) => child.digest === digest));
}

/** What may go with a manifest: what it lists, and what refers to it. */
export function alongWith(contents, repository, digest) {
  const listed = contents.images.get(digest).children.map((child) => child.digest);
  const known = [...repository.manifests.keys()];
  const referrers = known.filter((each) => contents.images.get(each).subject === digest);
  const along = [...listed, ...referrers];
  return along.concat(along.flatMap((each) => alongWith(contents, repository, each)));
}

/** A push that breaks off: its bytes are kept for whoever goes on with it. */
export async function leaveUpload(actor) {
  const session = await actor.protocol.openUpload(actor.own);
  actor.model.openUploads.set(session.id, undefined);
  const body = actor.random.bytes(actor.random.between(1, 30_000));
  await actor.protocol.send([202], 'PATCH', session.path, { body });
  actor.model.openUploads.set(session.id, body.length);
  return `leave upload ${session.id} at ${body.length}`;
}

export async function cancelUpload(actor) {
  const session = await actor.protocol.openUpload(actor.own);
  actor.model.openUploads.set(session.id, undefined);
  await actor.protocol.send([202], 'PATCH', session.path, { body: actor.random.bytes(2000) });
  await actor.protocol.send([204], 'DELETE', session.path);
  actor.protocol.endUpload(session.id);
  return `cancel upload ${session.id}`;
}

/** A blob that no manifest names: pushed, and hidden again. */
export async function deleteBlob(actor) {
  const { blobs } = actor.contents.image(actor.random, actor.label());
  const config = blobs[0];
  await actor.protocol.pushBlob(actor.own, config, 'single');
  const path = `/v2/${actor.own}/blobs/${config.digest}`;
  await actor.protocol.send([202], 'DELETE', path);
  await actor.protocol.send([404], 'GET', path);
  return `push and delete blob ${config.digest.slice(0, 15)} in ${actor.own}`;
}

/** Children first, then blobs, then the manifest, as clients do. */
export async function pushAll(actor, repository, image, tags) {
  const { random, protocol } = actor;
  for (const child of image.children) await pushAll(actor, repository, child, []);
  for (const blob of image.blobs) {
    const how = random.pick(['whole', 'chunks', 'single']);
    const mountFrom = random.chance(0.3) ? random.pick([actor.own, actor.shared]) : undefined;
    await protocol.ensureBlob(repository, blob, { how, mountFrom });
  }
  await protocol.putManifest(repository, image, tags, tags.length !== 1);
}

function anyRepository({ random, own, shared }) {
  return random.chance(0.7) ? own : shared;
}

function anyImage({ random, contents, label }) {
  return random.pick([...contents.images.values()].filter(isPlain)) ?? contents.image(random, label());
}

/** What can be pushed anywhere: an artifact belongs where its subject is. */
function isPlain({ subject, children }) {
  return subject === undefined && children.length === 0;
}

/** Manifests that are certainly there, in an order of chance. */
function someManifests({ random, contents }, repository) {
  const tagged = [...repository.certainTags().values()].map((digest) => contents.images.get(digest));
  return tagged.length === 0 ? [] : [random.pick(tagged)];
}

function someTags({ random }) {
  return random.chance(0.15) ? [...new Set([random.pick(TAGS), random.pick(TAGS)])] : [random.pick(TAGS)];
}

export function short({ digest }) {
  return digest.slice(0, 15);
}
