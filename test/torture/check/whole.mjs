import { digestOf } from '../content.mjs';
import { Violation } from '../protocol.mjs';

/**
 * Reads a manifest and everything below it, and compares it with what was pushed.
 *
 * @param {(path: string) => Promise<import('../client.mjs').Answer>} read fails unless it is there
 * @param {string} repository
 * @param {string} digest
 * @param {import('../content.mjs').Contents} contents
 */
export async function expectWhole(read, repository, digest, contents) {
  const image = contents.images.get(digest);
  if (image === undefined) throw new Violation(`${repository} serves ${digest}, which nobody ever pushed`);
  const manifest = await read(`/v2/${repository}/manifests/${digest}`);
  const where = `manifest ${digest} of ${repository}`;
  if (!manifest.body.equals(image.bytes)) throw new Violation(`${where} is not what was pushed`);
  if (manifest.headers['content-type'] !== image.mediaType) throw new Violation(`${where} has another type`);
  for (const blob of image.blobs) {
    const { body } = await read(`/v2/${repository}/blobs/${blob.digest}`);
    if (body.equals(blob.bytes)) continue;
    const found = digestOf(body, blob.digest.slice(0, 6));
    throw new Violation(`blob ${blob.digest} of ${repository} came back as ${found}, ${body.length} bytes`);
  }
  for (const child of image.children) await expectWhole(read, repository, child.digest, contents);
}
