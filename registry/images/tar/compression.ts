import { invalid } from './tar-header.ts';

type Read = 'gzip' | 'zstd';
type Unread = 'bzip2' | 'xz' | 'zip';

export type Compression = 'none' | Read | Unread;

/** So many bytes of the beginning tell. */
export const MAGIC_BYTES = 6;

const MAGIC: readonly (readonly [Compression, readonly number[]])[] = [
  ['gzip', [0x1f, 0x8b]],
  ['zstd', [0x28, 0xb5, 0x2f, 0xfd]],
  ['bzip2', [0x42, 0x5a, 0x68]],
  ['xz', [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]],
  ['zip', [0x50, 0x4b, 0x03, 0x04]],
];

/** By what the bytes begin with: names and media types say what somebody believed. */
export function compressionOf(start: Buffer): Compression {
  const found = MAGIC.find(([, magic]) => magic.every((byte, index) => start[index] === byte));
  if (found !== undefined) return found[0];
  // A frame that a reader of zstd has to skip: pzstd begins with one.
  const isSkippable = start.length >= 4 && start.readUInt32LE(0) >>> 4 === 0x184d2a5;
  return isSkippable ? 'zstd' : 'none';
}

export function isUnread(compression: Compression): compression is Unread {
  return compression === 'bzip2' || compression === 'xz' || compression === 'zip';
}

export function endsEarly(compression: Read, cause?: unknown): Error {
  return invalid(`The ${compression} ends early: it was cut, or not saved to its end.`, cause);
}

export function damaged(compression: Read, cause?: unknown): Error {
  return invalid(`The ${compression} is damaged and cannot be unpacked.`, cause);
}

export function trailing(compression: Read): Error {
  return invalid(`Something follows the end of the ${compression} that does not belong to it.`);
}

export function unreadable(compression: Unread): Error {
  const command = compression === 'zip' ? 'unzip' : `${compression} -d`;
  return invalid(`It is compressed with ${compression}, which Berth does not read; ${command} unpacks it.`);
}
