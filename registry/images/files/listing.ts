import { createHash } from 'node:crypto';
import { KINDS, type LayerEntry } from './layer-entry.ts';

/** What a layer holds, in the order of its archive, packed: some 30 bytes for each entry. */
export interface Listing {
  readonly entries: number;
  /** Bytes of all files in it. */
  readonly size: number;
  /** Why it could not be read, or not to its end, for people. */
  readonly problem: string | null;
  readonly packed: Buffer;
}

/**
 * The file of a listing: a line of magic, a line of JSON, the packed entries, and a SHA-256 of all that. Of each
 * entry, in numbers of seven bits a byte: kind; characters of the path that it shares with the path before; length
 * of the rest of the path, and it; mode, uid, gid, time, size; length of the target, and it.
 */
const MAGIC = 'berth files 1\n';
const HASH_BYTES = 32;

export function encodeListing(digest: string, { entries, size, problem, packed }: Listing): Buffer[] {
  const head = Buffer.from(`${MAGIC}${JSON.stringify({ digest, entries, size, problem })}\n`);
  return [head, packed, createHash('sha256').update(head).update(packed).digest()];
}

/** Undefined if it is not whole, or of another layer or version. */
export function decodeListing(digest: string, file: Buffer): Listing | undefined {
  const body = file.subarray(0, -HASH_BYTES);
  const hash = createHash('sha256').update(body).digest();
  if (file.length < HASH_BYTES || !hash.equals(file.subarray(-HASH_BYTES))) return undefined;
  if (body.toString('latin1', 0, MAGIC.length) !== MAGIC) return undefined;
  const end = body.indexOf(0x0a, MAGIC.length);
  const head = JSON.parse(body.toString('utf8', MAGIC.length, end)) as Listing & { digest: string };
  if (head.digest !== digest) return undefined;
  return { entries: head.entries, size: head.size, problem: head.problem, packed: body.subarray(end + 1) };
}

const FIRST_BYTES = 64 << 10;

export class ListingWriter {
  #buffer = Buffer.allocUnsafeSlow(FIRST_BYTES);
  #at = 0;
  #path = '';
  entries = 0;
  size = 0;

  /** So far. */
  get bytes(): number {
    return this.#at;
  }

  append(entry: LayerEntry): void {
    const { path, target } = entry;
    // Nine bytes are the most that a number takes.
    this.#reserve(path.length + target.length + 90);
    const shared = sharedLength(this.#path, path);
    this.#number(KINDS.indexOf(entry.kind));
    this.#number(shared);
    this.#text(path, shared);
    this.#number(entry.mode);
    this.#number(entry.uid);
    this.#number(entry.gid);
    // Times before 1970 are odd numbers.
    this.#number(entry.modifiedAt < 0 ? -entry.modifiedAt * 2 - 1 : entry.modifiedAt * 2);
    this.#number(entry.size);
    this.#text(target, 0);
    this.#path = path;
    this.entries += 1;
    this.size += entry.size;
  }

  finish(problem: string | null): Listing {
    const { entries, size } = this;
    return { entries, size, problem, packed: this.#buffer.subarray(0, this.#at) };
  }

  #reserve(bytes: number): void {
    if (this.#at + bytes <= this.#buffer.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(this.#buffer.length * 2, this.#at + bytes));
    this.#buffer.copy(larger, 0, 0, this.#at);
    this.#buffer = larger;
  }

  #text(text: string, start: number): void {
    this.#number(text.length - start);
    this.#at += this.#buffer.write(start === 0 ? text : text.slice(start), this.#at, 'latin1');
  }

  #number(value: number): void {
    let rest = value;
    for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) this.#buffer[this.#at++] = (rest % 0x80) | 0x80;
    this.#buffer[this.#at++] = rest;
  }
}

function sharedLength(one: string, other: string): number {
  const most = Math.min(one.length, other.length);
  let length = 0;
  while (length < most && one.charCodeAt(length) === other.charCodeAt(length)) length += 1;
  return length;
}

export function* entriesOf({ packed, entries }: Listing): Generator<LayerEntry, void, undefined> {
  let at = 0;
  let path = '';
  const number = (): number => {
    let [value, scale] = [0, 1];
    for (;;) {
      const byte = packed[at++] ?? 0;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
      scale *= 0x80;
    }
  };
  const text = (): string => {
    const length = number();
    at += length;
    return length === 0 ? '' : packed.toString('latin1', at - length, at);
  };
  for (let count = 0; count < entries; count += 1) {
    const kind = KINDS[number()] ?? 'file';
    const shared = number();
    path = path.slice(0, shared) + text();
    const [mode, uid, gid, time, size] = [number(), number(), number(), number(), number()];
    const modifiedAt = time % 2 === 0 ? time / 2 : -(time + 1) / 2;
    yield { path, kind, size, mode, uid, gid, modifiedAt, target: text() };
  }
}
