import { RegistryError } from '../../error.ts';

export const BLOCK = 512;

/** `global`, `attributes`, `long name` and `long link` speak about entries that follow. */
export type TarType =
  | 'file'
  | 'folder'
  | 'symlink'
  | 'hard link'
  | 'character device'
  | 'block device'
  | 'fifo'
  | 'other'
  | 'attributes'
  | 'global'
  | 'long name'
  | 'long link';

const TYPES: Readonly<Record<string, TarType>> = {
  '\0': 'file',
  '0': 'file',
  '7': 'file',
  S: 'file',
  '1': 'hard link',
  '2': 'symlink',
  '3': 'character device',
  '4': 'block device',
  '5': 'folder',
  '6': 'fifo',
  x: 'attributes',
  X: 'attributes',
  g: 'global',
  L: 'long name',
  K: 'long link',
};

/** Nothing follows their header, whatever size it names: Go's archive/tar, and so every container tool, reads it so. */
const WITHOUT_CONTENT: ReadonlySet<TarType> = new Set<TarType>([
  'hard link',
  'symlink',
  'character device',
  'block device',
  'folder',
  'fifo',
]);

export interface TarHeader {
  /** Bytes as they are, a character each. */
  readonly name: string;
  readonly type: TarType;
  /** Bytes that follow the header. */
  readonly stored: number;
  /** What a link points at, in the same way. */
  readonly link: string;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Milliseconds since 1970. */
  readonly modifiedAt: number;
  /** GNU's old form of sparse files; undefined for all else. */
  readonly sparse: GnuSparse | undefined;
}

/**
 * One header of a tar archive: V7, ustar, PAX or GNU. POSIX.1-2017, pax, "ustar Interchange Format".
 *
 * @throws RegistryError ARCHIVE_INVALID
 */
export function parseTarHeader(block: Buffer, at: number): TarHeader {
  if (!hasItsChecksum(block)) {
    throw invalid(
      at === 0 ? 'This is not a tar archive.' : `The tar is damaged at byte ${at}: no entry begins there.`,
    );
  }
  const flag = String.fromCharCode(block[156] ?? 0);
  const type = TYPES[flag] ?? 'other';
  const isUstar = block.toString('latin1', 257, 262) === 'ustar';
  // GNU has times where POSIX has the beginning of a long name.
  const isGnu = isUstar && block[262] === 0x20;
  const prefix = isUstar && !isGnu ? text(block, 345, 155) : '';
  const name = text(block, 0, 100);
  const size = number(block, 124, 12, at);
  if (size < 0) throw invalid(`The tar is damaged at byte ${at}: an entry has a size below 0.`);
  return {
    name: prefix === '' ? name : `${prefix}/${name}`,
    type,
    stored: WITHOUT_CONTENT.has(type) ? 0 : size,
    link: text(block, 157, 100),
    mode: number(block, 100, 8, at) & 0o7777,
    uid: number(block, 108, 8, at),
    gid: number(block, 116, 8, at),
    modifiedAt: number(block, 136, 12, at) * 1000,
    sparse: flag === 'S' ? parseGnuSparse(block, at) : undefined,
  };
}

export interface GnuSparse {
  /** Bytes of the file once it is unpacked. */
  readonly realSize: number;
  readonly segments: readonly Segment[];
  /** Whether a block of more segments follows. */
  readonly goesOn: boolean;
}

/** A part of a sparse file that is stored; between two of them are zeros. */
export interface Segment {
  readonly offset: number;
  readonly length: number;
}

function parseGnuSparse(block: Buffer, at: number): GnuSparse {
  return {
    realSize: number(block, 483, 12, at),
    segments: parseSegments(block, 386, 4, at),
    goesOn: block[482] !== 0,
  };
}

/** So many of them at most, as GNU has them in a header and in the blocks that follow it. */
export function parseSegments(block: Buffer, start: number, most: number, at: number): Segment[] {
  const segments: Segment[] = [];
  for (let field = start; field < start + most * 24 && block[field] !== 0; field += 24) {
    segments.push({ offset: number(block, field, 12, at), length: number(block, field + 12, 12, at) });
  }
  return segments;
}

/** The sum of all bytes, those of the sum itself counted as spaces. Old tars summed them as signed. */
function hasItsChecksum(block: Buffer): boolean {
  let unsigned = 0;
  let signed = 0;
  for (let index = 0; index < BLOCK; index += 1) {
    const byte = index >= 148 && index < 156 ? 0x20 : (block[index] ?? 0);
    unsigned += byte;
    signed += byte > 127 ? byte - 256 : byte;
  }
  const digits = /^[ \0]*([0-7]+)[ \0]*$/.exec(block.toString('latin1', 148, 156))?.[1];
  const sum = digits === undefined ? undefined : Number.parseInt(digits, 8);
  return sum === unsigned || sum === signed;
}

function text(block: Buffer, start: number, length: number): string {
  const end = block.indexOf(0, start);
  return block.toString('latin1', start, end === -1 || end > start + length ? start + length : end);
}

/** Octal digits, or the bytes of a number where it has too many, which GNU marks with the first bit. */
function number(block: Buffer, start: number, length: number, at: number): number {
  const first = block[start] ?? 0;
  if (first >= 0x80) return binary(block.subarray(start, start + length), at);
  const digits = block
    .toString('latin1', start, start + length)
    .replace(/\0.*$/s, '')
    .trim();
  if (/^[0-7]*$/.test(digits)) return digits === '' ? 0 : Number.parseInt(digits, 8);
  throw invalid(`The tar is damaged at byte ${at}: a number in an entry's header is none.`);
}

/** Two's complement, less the mark: times before 1970 are below 0. */
function binary(bytes: Buffer, at: number): number {
  const isNegative = ((bytes[0] ?? 0) & 0x40) !== 0;
  let magnitude = 0;
  for (const [index, byte] of bytes.entries()) {
    const bits = isNegative ? byte ^ 0xff : byte;
    magnitude = magnitude * 256 + (index === 0 ? bits & 0x7f : bits);
  }
  if (!Number.isSafeInteger(magnitude)) {
    throw invalid(`The tar is damaged at byte ${at}: a number in an entry's header is too large.`);
  }
  return isNegative ? -magnitude - 1 : magnitude;
}

export function invalid(message: string, cause?: unknown): RegistryError {
  return new RegistryError('ARCHIVE_INVALID', message, { cause });
}

export function truncated(position: number): RegistryError {
  return invalid(`The archive ends early, after byte ${position}: it was cut, or not saved to its end.`);
}

/** What fills up the last block of so many bytes. */
export function paddingOf(length: number): number {
  return (BLOCK - (length % BLOCK)) % BLOCK;
}
