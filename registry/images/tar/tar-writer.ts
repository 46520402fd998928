import { BLOCK } from './tar-header.ts';

/** ustar's field has eleven octal digits. */
const LARGEST_OCTAL = 8 ** 11 - 1;

/** Two blocks of zeros end an archive. */
export const TAR_END: Buffer = Buffer.alloc(2 * BLOCK);

/** A header has room for so much of a name. */
const LONGEST_NAME = 100;

/** Bytes that an entry of this name and content takes, its header and the rest of its last block included. */
export function tarEntrySize(name: string, size: number): number {
  return tarHeader(name, size).length + size + tarPadding(size).length;
}

/** What fills up the last block of an entry. */
export function tarPadding(size: number): Buffer {
  return Buffer.alloc((BLOCK - (size % BLOCK)) % BLOCK);
}

/**
 * The header of a file that belongs to nobody and is as old as time, so that the same content always makes the same
 * archive. A long name goes in front, in a PAX header.
 */
export function tarHeader(name: string, size: number): Buffer {
  if (Buffer.byteLength(name) <= LONGEST_NAME) return header(name, size, '0');
  const attribute = pathAttribute(name);
  const about = header('PaxHeader', attribute.length, 'x');
  return Buffer.concat([about, attribute, tarPadding(attribute.length), header(name, size, '0')]);
}

/** Its length counts its own digits. */
function pathAttribute(name: string): Buffer {
  const rest = ` path=${name}\n`;
  let length = Buffer.byteLength(rest);
  while (Buffer.byteLength(rest) + String(length).length !== length) {
    length = Buffer.byteLength(rest) + String(length).length;
  }
  return Buffer.from(`${length}${rest}`);
}

function header(name: string, size: number, type: string): Buffer {
  const block = Buffer.alloc(BLOCK);
  block.write(name, 0, LONGEST_NAME);
  block.write('0000644\0', 100);
  block.write('0000000\0', 108);
  block.write('0000000\0', 116);
  writeSize(block, size);
  block.write('00000000000\0', 136);
  block.write(' '.repeat(8), 148);
  block.write(type, 156);
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
