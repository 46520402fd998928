/** A file of a layer: regular unless `link` names what it points at. */
export interface TarFile {
  name: string;
  content?: Uint8Array;
  mode?: number;
  link?: string;
}

const BLOCK = 512;

/** A ustar archive: the little of tar that a layer for a test needs. */
export function tar(files: TarFile[]): Buffer {
  const parts: Uint8Array[] = [];
  for (const file of files) {
    const content = file.content ?? new Uint8Array();
    parts.push(header(file, content.length), content, new Uint8Array(padding(content.length)));
  }
  parts.push(new Uint8Array(2 * BLOCK));
  return Buffer.concat(parts);
}

function header(file: TarFile, size: number): Buffer {
  const folder = file.name.endsWith('/');
  const type = file.link !== undefined ? '2' : folder ? '5' : '0';
  const block = Buffer.alloc(BLOCK);
  block.write(file.name, 0, 100);
  block.write(octal(file.mode ?? (folder ? 0o755 : 0o644), 7), 100);
  block.write(octal(0, 7), 108);
  block.write(octal(0, 7), 116);
  block.write(octal(size, 11), 124);
  block.write(octal(0, 11), 136);
  block.write(' '.repeat(8), 148); // the checksum counts its own field as spaces
  block.write(type, 156);
  block.write(file.link ?? '', 157, 100);
  block.write('ustar\u000000', 257);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${octal(sum, 6)}\u0000 `, 148);
  return block;
}

function octal(value: number, digits: number): string {
  return value.toString(8).padStart(digits, '0');
}

function padding(size: number): number {
  return (BLOCK - (size % BLOCK)) % BLOCK;
}
