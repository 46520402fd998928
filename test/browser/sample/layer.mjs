import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { packTar } from 'modern-tar';
import { bytes } from './random.mjs';

const WHEN = new Date('2026-11-02T08:15:00Z');

/**
 * A layer with the files that are named, as a build would have made it.
 *
 * @param files path -> size in bytes, text, null for a folder, or { link } for a symbolic link
 */
export async function layer(files) {
  const entries = Object.entries(files).map(([path, content]) => entry(path, content));
  const tar = Buffer.from(await packTar(entries));
  const body = gzipSync(tar, { level: 1 });
  return {
    body,
    digest: digestOf(body),
    diffId: digestOf(tar),
    mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip',
  };
}

function entry(path, content) {
  const header = { name: path, mtime: WHEN, uid: 0, gid: 0, mode: 0o644 };
  if (content === null) return { header: { ...header, type: 'directory', mode: 0o755, size: 0 } };
  if (typeof content === 'object') {
    return { header: { ...header, type: 'symlink', linkname: content.link, mode: 0o777, size: 0 } };
  }
  const body = typeof content === 'string' ? Buffer.from(content) : bytes(content, path);
  const program = /(^|\/)s?bin\//.test(path);
  return { header: { ...header, type: 'file', size: body.length, mode: program ? 0o755 : 0o644 }, body };
}

export function digestOf(body) {
  return `sha256:${createHash('sha256').update(body).digest('hex')}`;
}
