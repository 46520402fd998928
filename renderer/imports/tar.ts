const BLOCK = 512;

/** ustar's field has eleven octal digits. */
const LARGEST_OCTAL = 8 ** 11 - 1;

/** A header has room for so much of a name. */
const LONGEST_NAME = 100;

export interface Member {
  /** From the archive's root, with slashes. */
  readonly path: string;
  readonly content: Blob;
}

/** An archive of these files. None of them is read before the archive is. */
export function tarOf(members: readonly Member[]): Blob {
  const parts = members.flatMap(({ path, content }) => [
    ...headersOf(path, content.size),
    content,
    padding(content.size),
  ]);
  return new Blob([...parts, new Uint8Array(2 * BLOCK)]);
}

const padding = (size: number): Uint8Array<ArrayBuffer> => new Uint8Array((BLOCK - (size % BLOCK)) % BLOCK);

/** A long name goes in front, in a PAX header. */
function headersOf(path: string, size: number): readonly Uint8Array<ArrayBuffer>[] {
  const name = encode(path);
  if (name.length <= LONGEST_NAME) return [header(name, size, '0')];
  const attribute = pathAttribute(path);
  return [
    header(encode('PaxHeader'), attribute.length, 'x'),
    attribute,
    padding(attribute.length),
    header(name, size, '0'),
  ];
}

/** Its length counts its own digits. */
function pathAttribute(path: string): Uint8Array<ArrayBuffer> {
  const rest = encode(` path=${path}\n`).length;
  let length = rest;
  while (rest + String(length).length !== length) length = rest + String(length).length;
  return encode(`${length} path=${path}\n`);
}

function header(name: Uint8Array, size: number, type: string): Uint8Array<ArrayBuffer> {
  const block = new Uint8Array(BLOCK);
  const write = (text: string, at: number): void => block.set(encode(text), at);
  block.set(name.subarray(0, LONGEST_NAME), 0);
  write('0000644\0', 100);
  write('0000000\0', 108);
  write('0000000\0', 116);
  if (size <= LARGEST_OCTAL) write(`${octal(size, 11)}\0`, 124);
  else {
    // As GNU writes it: the first bit says that the rest is no text.
    block[124] = 0x80;
    new DataView(block.buffer).setBigUint64(128, BigInt(size));
  }
  write('00000000000\0', 136);
  write(' '.repeat(8), 148);
  write(type, 156);
  write('ustar\u000000', 257);
  const sum = block.reduce((total, byte) => total + byte, 0);
  write(`${octal(sum, 6)}\0 `, 148);
  return block;
}

const octal = (value: number, digits: number): string => value.toString(8).padStart(digits, '0');

const encode = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);
