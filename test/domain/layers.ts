import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { Digest } from '../../registry/reference.ts';

export function digestOf(bytes: Buffer): Digest {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

/** Writes an OCI layout of one image, `x`, whose layers are gzip or plain tars, and returns their digests. */
export function writeImage(folder: string, layers: readonly Buffer[]): Digest[] {
  const blobs = join(folder, 'blobs/sha256');
  mkdirSync(blobs, { recursive: true });
  const put = (bytes: Buffer): { digest: Digest; size: number } => {
    const digest = digestOf(bytes);
    writeFileSync(join(blobs, digest.slice(7)), bytes);
    return { digest, size: bytes.length };
  };
  const isGzip = (bytes: Buffer): boolean => bytes[0] === 0x1f;
  const type = 'application/vnd.oci.image.layer.v1.tar';
  const descriptors = layers.map((bytes) => ({
    mediaType: isGzip(bytes) ? `${type}+gzip` : type,
    ...put(bytes),
  }));
  const diffIds = layers.map((bytes) => digestOf(isGzip(bytes) ? gunzipSync(bytes) : bytes));
  const config = put(
    json({ os: 'linux', architecture: 'amd64', config: {}, rootfs: { type: 'layers', diff_ids: diffIds } }),
  );
  const manifest = put(
    json({
      schemaVersion: 2,
      config: { mediaType: 'application/vnd.oci.image.config.v1+json', ...config },
      layers: descriptors,
    }),
  );
  const entry = {
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    ...manifest,
    annotations: { 'org.opencontainers.image.ref.name': 'x' },
  };
  writeFileSync(join(folder, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
  writeFileSync(join(folder, 'index.json'), json({ schemaVersion: 2, manifests: [entry] }));
  return descriptors.map(({ digest }) => digest);
}

function json(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value));
}

/** One line for each path that `umoci unpack` makes of an image: type, mode, owner, size, path and target. */
export function unpack(layout: string, tag: string, bundle: string): string[] {
  execFileSync('umoci', ['unpack', '--image', `${layout}:${tag}`, bundle], { stdio: 'pipe' });
  const format = '%y %m %U:%G %s %P -> %l\\0';
  const found = execFileSync('find', ['rootfs', '-mindepth', '1', '-printf', format], {
    cwd: bundle,
    maxBuffer: 1 << 30,
  });
  return found
    .toString('latin1')
    .split('\0')
    .filter((line) => line !== '')
    .map((line) => line.replace(/^([dlbcp]) (\S+ \S+) \d+ /, '$1 $2 0 '))
    .sort();
}
