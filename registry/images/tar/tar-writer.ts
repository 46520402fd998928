import { BLOCK } from './tar-header.ts';

/** ustar's field has eleven octal digits. */
const LARGEST_OCTAL = 8 ** 11 - 1;

/** Two blocks of zeros end an archive. */
export const TAR_END: Buffer = Buffer.alloc(2 * BLOCK);

/** Bytes that an entry of this content takes, its header and the rest of its last block included. */
export function tarEntrySize(size: number): number {
  return BLOCK + size + tarPadding(size).length;
}

/** What fills up the last block of an entry. */
export function tarPadding(size: number): Buffer {
  return Buffer.alloc((BLOCK - (size % BLOCK)) % BLOCK);
}

/**
 * The header of a file that belongs to nobody and is as old as time, so that the same content always makes the same
 * archive.
 *
 * @param name at most 100 bytes
 */
export function tarHeader(name: string, size: number): Buffer {
  if (Buffer.byteLength(name) > 100) throw new Error(`${name} is too long for the name of a tar entry.`);
  const block = Buffer.alloc(BLOCK);
  block.write(name);
  block.write('0000644\0', 100);
  block.write('0000000\0', 108);
  block.write('0000000\0', 116);
  writeSize(block, size);
  block.write('00000000000\0', 136);
  block.write(' '.repeat(8), 148);
  block.write('0', 156);
  block.write('ustar\u000000', 257);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${octal(sum, 6)}\0 `, 148);
  return block;
}

function writeSize(block: Buffer, size: number): void {
  if (size <= LARGEST_OCTAL) {
    block.write(`${octal(size, 11)}\0`, 124);
    return;
  }
  // As GNU writes it and everybody reads it: the first bit says that the rest is no text.
  block[124] = 0x80;
  block.writeBigUInt64BE(BigInt(size), 128);
}

function octal(value: number, digits: number): string {
  return value.toString(8).padStart(digits, '0');
}
