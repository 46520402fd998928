import { invalid } from './tar-header.ts';

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
export function compressionOf(start: Buffer): Compression {
  const found = MAGIC.find(([, magic]) => magic.every((byte, index) => start[index] === byte));
  if (found !== undefined) return found[0];
  // A frame that a reader of zstd has to skip: pzstd begins with one.
  const isSkippable = start.length >= 4 && start.readUInt32LE(0) >>> 4 === 0x184d2a5;
  return isSkippable ? 'zstd' : 'none';
}

type Read = 'gzip' | 'zstd';

export function endsEarly(compression: Read, cause?: unknown): Error {
  return invalid(`The ${compression} ends early: it was cut, or not saved to its end.`, cause);
}

export function damaged(compression: Read, cause?: unknown): Error {
  return invalid(`The ${compression} is damaged and cannot be unpacked.`, cause);
}

export function trailing(compression: Read): Error {
  return invalid(`Something follows the end of the ${compression} that does not belong to it.`);
}

export function unreadable(compression: Exclude<Compression, Read | 'none'>): Error {
  return invalid(
    `It is compressed with ${compression}, which Berth does not read; ${compression} -d unpacks it.`,
  );
}
