import { pushAll, short } from './actions.mjs';

/** @typedef {import('./actions.mjs').Actor} Actor */

const BUILDS = 8;
const FAR = '2100-01-01T00:00:00.000Z';

/** A build, of which the rules keep the newest few, and sometimes one that they never take. */
export async function pushBuild(actor) {
  const { random, contents, model } = actor;
  const name = repositoryOf(actor, 'ci');
  model.repository(name);
  const image = contents.image(random, actor.label());
  const isRelease = random.chance(0.1);
  const tag = isRelease ? `release-${actor.label()}` : `build-${random.between(1, BUILDS)}`;
  await pushAll(actor, name, image, [tag]);
  return `push ${short(image)} to ${name}:${tag}`;
}

/** A build that goes by itself in a moment. */
export async function expireBuild(actor) {
  const repository = actor.model.repository(repositoryOf(actor, 'ci'));
  const tags = [...repository.certainTags().keys()].filter((tag) => !tag.startsWith('release-'));
  const tag = actor.random.pick(tags);
  if (tag === undefined) return undefined;
  const expiresAt = new Date(Date.now() + 300).toISOString();
  // A run of the rules may have taken it, and the moment may be over.
  const { status } = await setTag(actor, repository, tag, { expiresAt }, [200, 400, 404]);
  return `expire ${repository.name}:${tag}: ${status}`;
}

/** Asks the rules, while others push. */
export async function retain({ protocol, model }) {
  try {
    const sent = { body: Buffer.from('{}'), type: 'application/json' };
    const { body } = await protocol.send([200], 'POST', '/api/retention', sent);
    return `retention: ${body}`;
  } finally {
    model.ruled();
  }
}

/** What a registry does by itself every hour. */
export async function maintain({ rig }) {
  if (!rig.server.canMaintain) return undefined;
  await rig.maintain();
  return 'maintenance a week later';
}

/** A protected tag withstands all that others do, until it is not protected any more. */
export async function protect(actor) {
  const { random, contents, model, protocol } = actor;
  const repository = model.repository(repositoryOf(actor, 'kept'));
  const tag = random.pick(['v1', 'v2']);
  const setting = repository.setting(tag).possible();
  if (setting.size > 1 || repository.tag(tag).possible().size > 1) return undefined;
  const [digest] = repository.tag(tag).possible();
  if (digest === undefined) {
    const image = contents.image(random, actor.label());
    await pushAll(actor, repository.name, image, [tag]);
    return `push ${short(image)} to ${repository.name}:${tag}`;
  }
  const path = `/v2/${repository.name}/manifests/${tag}`;
  if (!setting.has('protected')) return await change(actor, repository, tag, digest);
  if (random.chance(0.3)) {
    await setTag(actor, repository, tag, { protected: false }, [200], '');
    return `unprotect ${repository.name}:${tag}`;
  }
  await protocol.send([403], 'DELETE', path);
  await protocol.send([403], 'DELETE', `/v2/${repository.name}/manifests/${digest}`);
  await protocol.send([403], 'DELETE', `/api/repositories?name=${repository.name}`);
  await protocol.send([200], 'HEAD', path, { headers: { accept: '*/*' } });
  return `try to delete ${repository.name}:${tag}, which is protected`;
}

/** Of a tag that is not protected. */
async function change(actor, repository, tag, digest) {
  const { random, contents, protocol, model } = actor;
  const name = `${repository.name}:${tag}`;
  const path = `/v2/${repository.name}/manifests/${tag}`;
  const expiry = [...repository.setting(tag).possible()][0];
  switch (random.pick(['protect', 'expire', 'never', 'move', 'delete'])) {
    case 'expire':
      await setTag(actor, repository, tag, { expiresAt: FAR }, [200], FAR);
      return `expire ${name} in a long time`;
    case 'never':
      await setTag(actor, repository, tag, { expiresAt: null }, [200], '');
      return `expire ${name} never`;
    case 'move': {
      const image = contents.image(random, actor.label());
      await pushAll(actor, repository.name, image, [tag]);
      return `push ${short(image)} to ${name}`;
    }
    case 'delete': {
      const forgotten = model.begin([[repository.setting(tag), '']]);
      try {
        await protocol.change([[repository.tag(tag), undefined]], [202], 'DELETE', path);
        forgotten.acknowledge();
      } finally {
        forgotten.end();
      }
      return `delete ${name}, ${digest.slice(0, 15)}`;
    }
    default:
      if (expiry !== '') await setTag(actor, repository, tag, { expiresAt: null }, [200], '');
      await setTag(actor, repository, tag, { protected: true }, [200], 'protected');
      return `protect ${name}`;
  }
}

/** @param {string} [setting] what the model knows of it then; without it nothing */
export async function setTag({ protocol }, repository, tag, fields, expected, setting) {
  const sent = { body: Buffer.from(JSON.stringify(fields)), type: 'application/json' };
  const path = `/api/tags?repository=${repository.name}&tag=${tag}`;
  const writes = setting === undefined ? [] : [[repository.setting(tag), setting]];
  return await protocol.change(writes, expected, 'PATCH', path, sent);
}

/** An image with a signature as clients attach it that know no referrers: it goes with the image. */
export async function sign(actor) {
  const { random, contents, model, protocol } = actor;
  const repository = model.repository(repositoryOf(actor, 'signed'));
  const { name } = repository;
  const tag = `v${random.between(1, 3)}`;
  if (repository.tag(tag).possible().size > 1) return undefined;
  const image = contents.image(random, actor.label());
  const signature = contents.image(random, actor.label());
  const attached = `${image.digest.replace(':', '-')}.sig`;
  await pushAll(actor, name, image, [tag]);
  await pushAll(actor, name, signature, [attached]);
  if (random.chance(0.5)) return `push and sign ${short(image)} as ${name}:${tag}`;
  const gone = [
    [repository.manifest(image.digest), false],
    [repository.manifest(signature.digest), false],
    [repository.tag(tag), undefined],
    [repository.tag(attached), undefined],
  ];
  await protocol.change(gone, [202], 'DELETE', `/v2/${name}/manifests/${image.digest}`);
  return `push, sign and delete ${short(image)} in ${name}`;
}

/** What neither a tag nor an index leads to, in a repository where nobody else does anything. */
export async function deleteUntagged(actor) {
  const { model, own, protocol } = actor;
  const repository = model.repository(own);
  if ([...repository.tags.values()].some((tag) => tag.possible().size > 1)) return undefined;
  const unsure = model.begin([...repository.manifests.values()].map((register) => [register, false]));
  try {
    const { body } = await protocol.send([200, 404], 'DELETE', `/api/repositories/untagged?name=${own}`);
    return `delete what is untagged in ${own}: ${body}`;
  } finally {
    unsure.doubt();
  }
}

/** Everything in a repository where nobody else does anything. */
export async function deleteAll(actor) {
  const { model, own, protocol } = actor;
  const repository = model.repository(own);
  const gone = [
    ...[...repository.tags.values()].map((register) => [register, undefined]),
    ...[...repository.manifests.values()].map((register) => [register, false]),
  ];
  const { status } = await protocol.change(gone, [200, 404], 'DELETE', `/api/repositories?name=${own}`);
  return `delete ${own}: ${status}`;
}

function repositoryOf({ own }, name) {
  return `${own.slice(0, own.indexOf('/'))}/${name}`;
}
