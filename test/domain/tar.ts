import { execFileSync } from 'node:child_process';

/** A member of an archive for a test; paths are Unicode, or bytes. */
export interface Member {
  readonly path: string | Buffer;
  /** Default `5` for a path with a slash at its end, `2` with a link, `0` otherwise. */
  readonly flag?: string;
  readonly content?: string | Buffer;
  readonly link?: string | Buffer;
  readonly mode?: number;
  readonly uid?: number;
  readonly gid?: number;
  readonly mtime?: number;
}

const BLOCK = 512;

/** An archive as GNU tar makes it: long paths included, and every oddity that a well-behaved program would not write. */
export function tarBytes(members: readonly Member[]): Buffer {
  const parts: Buffer[] = [];
  for (const member of members) parts.push(...blocksOf(member));
  return Buffer.concat([...parts, Buffer.alloc(2 * BLOCK)]);
}

export function blocksOf(member: Member): Buffer[] {
  const path = Buffer.from(member.path);
  const link = Buffer.from(member.link ?? '');
  const content = Buffer.from(member.content ?? '');
  const isFolder = path.at(-1) === 0x2f;
  const flag = member.flag ?? (isFolder ? '5' : member.link === undefined ? '0' : '2');
  const long = [
    ...(link.length > 100 ? [longName('K', link)] : []),
    ...(path.length > 100 ? [longName('L', path)] : []),
  ].flat();
  const block = Buffer.alloc(BLOCK);
  path.copy(block, 0, 0, 100);
  block.write(octal(member.mode ?? (isFolder ? 0o755 : 0o644), 7), 100);
  block.write(octal(member.uid ?? 0, 7), 108);
  block.write(octal(member.gid ?? 0, 7), 116);
  block.write(octal(content.length, 11), 124);
  block.write(octal(member.mtime ?? 0, 11), 136);
  block.write(' '.repeat(8), 148);
  block.write(flag, 156, 'latin1');
  link.copy(block, 157, 0, 100);
  block.write('ustar  \0', 257);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${octal(sum, 6)}\0 `, 148);
  return [...long, block, content, Buffer.alloc((BLOCK - (content.length % BLOCK)) % BLOCK)];
}

function longName(flag: string, text: Buffer): Buffer[] {
  return blocksOf({ path: '././@LongLink', flag, content: Buffer.concat([text, Buffer.alloc(1)]) });
}

function octal(value: number, digits: number): string {
  return value.toString(8).padStart(digits, '0');
}

/** By the program of that name, which Node 20 cannot replace. */
export function zstd(bytes: Buffer): Buffer {
  return execFileSync('zstd', ['-q', '-c'], { input: bytes, maxBuffer: 1 << 30 });
}
