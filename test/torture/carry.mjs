import { packTar } from 'modern-tar';
import { Failed, Violation } from './protocol.mjs';

/** @typedef {import('./actions.mjs').Actor} Actor */
/** @typedef {import('./content.mjs').Image} Image */

const WAIT_SECONDS = 10;

/**
 * Brings an image in as an archive: all of it is there then, or nothing.
 *
 * @param {Actor} actor
 * @param {Image} image
 * @param {string[]} tags
 */
export async function importAll({ protocol, model }, repository, image, tags) {
  const archive = { body: await pack(image), type: 'application/x-tar' };
  const staged = await protocol.send([201], 'POST', '/api/imports?name=image.tar', archive);
  const { id } = JSON.parse(staged.body.toString());
  const references = tags.map((tag) => `${repository}:${tag}`);
  const wish = JSON.stringify({ images: [{ digest: image.digest, references }] });
  const known = model.repository(repository);
  const writes = [
    ...[image, ...image.children].map(({ digest }) => [known.manifest(digest), true]),
    ...tags.map((tag) => [known.tag(tag), image.digest]),
  ];
  await protocol.commit(writes, repository, async () => {
    const sent = { body: Buffer.from(wish), type: 'application/json' };
    const answer = await protocol.send([202], 'POST', `/api/imports/${id}`, sent);
    await finish(protocol, JSON.parse(answer.body.toString()));
    return answer;
  });
}

async function finish(protocol, job) {
  if (job.state === 'running') {
    const path = `/api/jobs/${job.id}?wait=${WAIT_SECONDS}`;
    const { body } = await protocol.send([200], 'GET', path);
    await finish(protocol, JSON.parse(body.toString()));
  } else if (job.state !== 'done') {
    const text = `the job ${job.kind} ${job.state}: ${job.error}`;
    throw protocol.weather.mayFail ? new Failed(text) : new Violation(text);
  }
}

/** An OCI layout as one tar. */
async function pack(image) {
  const { mediaType, digest, size } = image;
  const layout = {
    'oci-layout': JSON.stringify({ imageLayoutVersion: '1.0.0' }),
    'index.json': JSON.stringify({ schemaVersion: 2, manifests: [{ mediaType, digest, size }] }),
  };
  const blobs = contentOf(image).map((each) => [`blobs/${each.digest.replace(':', '/')}`, each.bytes]);
  const files = [...Object.entries(layout), ...new Map(blobs)];
  const tar = await packTar(files.map(([name, body]) => ({ header: { name, size: body.length }, body })));
  return Buffer.from(tar);
}

function contentOf(image) {
  return [image, ...image.blobs, ...image.children.flatMap(contentOf)];
}
