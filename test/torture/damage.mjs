import { chmod, open, rm, stat, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { Violation } from './protocol.mjs';

/**
 * Damages a piece of content behind the back of a registry that is at rest: it has to find that, to name what
 * depends on it, never to serve it, and to take it back from the next push.
 *
 * @param {import('./rig.mjs').Rig} rig
 * @param {import('./random.mjs').Random} random
 * @param {object} [library] options of the registry
 */
export async function damageAndHeal(rig, random, library) {
  const { model, contents, checker, server } = rig;
  const tagged = [...model.repositories.values()].flatMap((repository) =>
    [...repository.certainTags()].map(([tag, digest]) => ({ repository: repository.name, tag, digest })),
  );
  const chosen = random.pick(tagged);
  if (chosen === undefined) return;
  const image = contents.images.get(chosen.digest);
  const content = random.pick([image, ...image.blobs]);
  const how = random.pick(['flip', 'cut', 'empty', 'remove']);
  const reference = `${chosen.repository}:${chosen.tag}`;
  rig.tell(`damage (${how}) ${content.digest.slice(0, 15)}, which ${reference} needs`);
  await rig.stop();
  await damage(join(server.data, 'blobs', content.digest.replace(':', '/')), how, random);
  if (how !== 'remove') rig.damaged.add(content.digest.replace(':', '-'));
  await rig.start(library);

  const { damaged, missing, journal, ok } = await verify(checker);
  const [found, ...others] = [...damaged, ...missing];
  const isRight = found?.digest === content.digest && others.length === 0 && !ok;
  if (!isRight || journal.problems.length + journal.differences.length > 0) {
    throw new Violation(`verify found ${JSON.stringify({ damaged, missing, journal, ok })}`);
  }
  if (!found.dependents.includes(reference)) {
    throw new Violation(`${reference} depends on ${content.digest}, not only ${found.dependents}`);
  }
  const base = `/v2/${chosen.repository}`;
  const path = content === image ? `${base}/manifests/${chosen.tag}` : `${base}/blobs/${content.digest}`;
  const { status } = await checker.send('GET', path, { headers: { accept: '*/*' } });
  if (status !== 404) throw new Violation(`GET ${path} of damaged content answered ${status}`);

  const [method, target] =
    content === image
      ? ['PUT', `${base}/manifests/${content.digest}`]
      : ['POST', `${base}/blobs/uploads/?digest=${content.digest}`];
  const answer = await checker.send(method, target, { body: content.bytes, type: content.mediaType });
  if (answer.status !== 201) throw new Violation(`${method} ${target} answered ${answer.status}`);
  await rig.verify();
  await rig.checkStarted();
}

async function damage(path, how, random) {
  if (how === 'remove') {
    await rm(path);
    return;
  }
  const { size, mode } = await stat(path);
  // Content is read-only, for whoever is not root.
  await chmod(path, 0o600);
  if (how === 'flip') await flip(path, random.between(0, size - 1));
  else await truncate(path, how === 'cut' ? random.between(0, size - 1) : 0);
  await chmod(path, mode);
}

async function flip(path, at) {
  const file = await open(path, 'r+');
  try {
    const { buffer } = await file.read(Buffer.alloc(1), 0, 1, at);
    await file.write(Buffer.from([buffer[0] ^ 1]), 0, 1, at);
  } finally {
    await file.close();
  }
}

async function verify(client) {
  const { status, body } = await client.send('POST', '/api/verify');
  if (status !== 200) throw new Violation(`POST /api/verify answered ${status}: ${body}`);
  return JSON.parse(body.toString());
}
