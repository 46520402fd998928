export type Compression = 'none' | 'gzip' | 'zstd' | 'bzip2' | 'xz';

/** So many bytes of the beginning tell. */
export const MAGIC_BYTES = 6;

const MAGIC: readonly (readonly [Compression, readonly number[]])[] = [
  ['gzip', [0x1f, 0x8b]],
  ['zstd', [0x28, 0xb5, 0x2f, 0xfd]],
  ['bzip2', [0x42, 0x5a, 0x68]],
  ['xz', [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]],
];

/** By what the bytes begin with: names and media types say what somebody believed. */
export function compressionOf(head: Buffer): Compression {
  const found = MAGIC.find(([, magic]) => magic.every((byte, index) => head[index] === byte));
  if (found !== undefined) return found[0];
  // A frame that a reader of zstd has to skip: pzstd begins with one.
  const isSkippable = head.length >= 4 && head.readUInt32LE(0) >>> 4 === 0x184d2a5;
  return isSkippable ? 'zstd' : 'none';
}
