import { alongWith, isListed, pushAll, short } from './actions.mjs';
import { Violation } from './protocol.mjs';

/** @typedef {import('./actions.mjs').Actor} Actor */

/** Deletes or overwrites something in a repository of its own, and takes that back. */
export async function undo(actor) {
  const state = certainState(actor);
  if (state === undefined) return undefined;
  const deed = actor.random.pick([deleteTag, deleteManifest, overwrite, deleteRepository]);
  const done = await deed(actor, state);
  if (done === undefined) return undefined;
  const body = { change: await lastChange(actor, state.tag) };
  await send(actor, done.undo, done.maybe, 'POST', '/api/undo', body);
  return `undo: ${done.what}`;
}

/** Points a tag back to where its history says that it was. */
export async function restore(actor) {
  const state = certainState(actor);
  if (state === undefined) return undefined;
  const { repository, tag, digest: current } = state;
  const { events } = await read(actor, `/api/history?repository=${repository.name}&tag=${tag}`);
  const known = events.filter((event) => event.restorable && event.digest !== current);
  if (known.length === 0) return undefined;
  const { digest } = actor.random.pick(known);
  const maybe = alongWith(actor.contents, repository, digest).map((each) => [
    repository.manifest(each),
    true,
  ]);
  const writes = [
    [repository.tag(tag), digest],
    [repository.manifest(digest), true],
  ];
  const status = await send(actor, writes, maybe, 'POST', '/api/restore', {
    repository: repository.name,
    tag,
    digest,
  });
  return `restore ${repository.name}:${tag} to ${digest.slice(0, 15)}: ${status}`;
}

/** Frees what nothing needs, while others push. */
export async function reclaim(actor) {
  const emptyTrash = actor.random.chance(0.5);
  // What others delete while this runs may still go with it.
  if (emptyTrash) actor.model.trashWasEmptied = true;
  const body = Buffer.from(JSON.stringify({ emptyTrash }));
  const answer = await actor.protocol.send([200], 'POST', '/_gc', { body, type: 'application/json' });
  const { deletedBlobs, problems } = JSON.parse(answer.body.toString());
  if (problems.length > 0 && !actor.protocol.weather.mayFail) throw new Violation(problems.join('\n'));
  return `reclaim${emptyTrash ? ' with the trash' : ''}: ${deletedBlobs} files`;
}

function certainState({ model, own, random }) {
  const repository = model.repository(own);
  if ([...repository.tags.values()].some((tag) => tag.possible().size > 1)) return undefined;
  const certain = [...repository.certainTags()];
  if (certain.length === 0) return undefined;
  const [tag, digest] = random.pick(certain);
  return { repository, tag, digest, certain };
}

async function deleteTag({ protocol }, { repository, tag, digest }) {
  const path = `/v2/${repository.name}/manifests/${tag}`;
  await protocol.change([[repository.tag(tag), undefined]], [202], 'DELETE', path);
  const undone = [
    [repository.tag(tag), digest],
    [repository.manifest(digest), true],
  ];
  return { what: `delete ${repository.name}:${tag}`, undo: undone, maybe: [] };
}

async function deleteManifest({ protocol, contents, model }, { repository, digest, certain }) {
  if (isListed(contents, repository, digest)) return undefined;
  const tags = certain.filter(([, target]) => target === digest).map(([tag]) => tag);
  const along = alongWith(contents, repository, digest);
  const path = `/v2/${repository.name}/manifests/${digest}`;
  const unsure = model.begin(along.map((each) => [repository.manifest(each), false]));
  const gone = tags.map((tag) => [repository.tag(tag), undefined]);
  await protocol
    .change([[repository.manifest(digest), false], ...gone], [202], 'DELETE', path)
    .finally(unsure.doubt);
  return {
    what: `delete ${digest.slice(0, 15)} of ${repository.name}`,
    undo: [[repository.manifest(digest), true], ...tags.map((tag) => [repository.tag(tag), digest])],
    maybe: along.map((each) => [repository.manifest(each), true]),
  };
}

async function overwrite(actor, { repository, tag, digest }) {
  const image = actor.contents.image(actor.random, actor.label());
  await pushAll(actor, repository.name, image, [tag]);
  return {
    what: `push ${short(image)} to ${repository.name}:${tag}`,
    undo: [[repository.tag(tag), digest]],
    maybe: [[repository.manifest(image.digest), false]],
  };
}

async function deleteRepository({ protocol }, { repository, certain }) {
  const manifests = [...repository.manifests].filter(([, each]) => !each.possible().has(false));
  const unsure = [...repository.manifests].filter(([, each]) => each.possible().size > 1);
  const gone = [
    ...certain.map(([tag]) => [repository.tag(tag), undefined]),
    ...[...manifests, ...unsure].map(([digest]) => [repository.manifest(digest), false]),
  ];
  await protocol.change(gone, [200], 'DELETE', `/api/repositories?name=${repository.name}`);
  return {
    what: `delete ${repository.name}`,
    undo: [
      ...certain.map(([tag, digest]) => [repository.tag(tag), digest]),
      ...manifests.map(([digest]) => [repository.manifest(digest), true]),
    ],
    maybe: unsure.map(([digest]) => [repository.manifest(digest), true]),
  };
}

/** Nobody else writes there: what happened last to the tag is what was just done. */
async function lastChange(actor, tag) {
  const { events } = await read(actor, `/api/history?repository=${actor.own}&tag=${tag}`);
  return events[0].change;
}

async function read({ protocol }, path) {
  const { body } = await protocol.send([200], 'GET', path);
  return JSON.parse(body.toString());
}

/** What an emptied trash held cannot be taken back; everything else can. */
async function send({ protocol, model }, writes, maybe, method, path, value) {
  const body = Buffer.from(JSON.stringify(value));
  const unsure = model.begin(maybe);
  try {
    const sent = { body, type: 'application/json' };
    const { status } = await protocol.change(writes, [200, 409], method, path, sent);
    if (status === 409 && !model.trashWasEmptied) throw new Violation(`${path} ${body}: 409`);
    return status;
  } finally {
    unsure.doubt();
  }
}
