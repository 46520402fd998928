import { createHash } from 'node:crypto';

export const manifestType = 'application/vnd.oci.image.manifest.v1+json';
const configType = 'application/vnd.oci.image.config.v1+json';
const layerType = 'application/vnd.oci.image.layer.v1.tar';

/** @param {Buffer} content */
export const digestOf = (content) => `sha256:${createHash('sha256').update(content).digest('hex')}`;

/**
 * A blob of about 4 KiB that nobody has seen before, if the label is new.
 *
 * @param {string} label
 */
export function smallBlob(label) {
  const content = Buffer.alloc(4096, '.');
  content.write(label);
  return content;
}

/**
 * @param {{ config: Buffer, layer: Buffer, label?: string }} parts
 * @returns {Buffer}
 */
export function imageManifest({ config, layer, label }) {
  const describe = (mediaType, content) => ({ mediaType, digest: digestOf(content), size: content.length });
  return Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: manifestType,
      config: describe(configType, config),
      layers: [describe(layerType, layer)],
      ...(label === undefined ? {} : { annotations: { 'org.opencontainers.image.version': label } }),
    }),
  );
}

/**
 * Pushes one blob as containerd does: ask, open an upload, send all of it with the closing PUT.
 *
 * @param {import('./connection.mjs').Connection} connection
 * @param {string} repository
 * @param {Buffer} content
 */
export async function pushBlob(connection, repository, content) {
  const digest = digestOf(content);
  const known = await connection.send('HEAD', `/v2/${repository}/blobs/${digest}`);
  if (known.status === 200) return digest;
  const { location } = await connection.expect(202, 'POST', `/v2/${repository}/blobs/uploads/`);
  const type = 'application/octet-stream';
  await connection.expect(201, 'PUT', closingPath(location, digest), { type, body: content });
  return digest;
}

/**
 * @param {import('./connection.mjs').Connection} connection
 * @param {string} repository
 * @param {string} reference
 * @param {Buffer} manifest
 */
export async function pushManifest(connection, repository, reference, manifest) {
  const path = `/v2/${repository}/manifests/${reference}`;
  await connection.expect(201, 'PUT', path, { type: manifestType, body: manifest });
  return digestOf(manifest);
}

/**
 * Where the closing PUT goes: the Location with the digest added to whatever query it has.
 *
 * @param {string} location
 * @param {string} digest
 */
export function closingPath(location, digest) {
  const url = new URL(location, 'http://localhost');
  url.searchParams.set('digest', digest);
  return url.pathname + url.search;
}
