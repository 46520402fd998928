import { ChunkReader } from './chunk-reader.ts';
import { Content } from './content.ts';
import { parseAttributes, pathAttribute, sizeAttribute, SPARSE_MAP } from './tar-attributes.ts';
import {
  BLOCK,
  invalid,
  paddingOf,
  parseTarHeader,
  truncated,
  type TarHeader,
  type TarType,
} from './tar-header.ts';

export type TarEntryType = Exclude<TarType, 'attributes' | 'global' | 'long name' | 'long link'>;

/** Names and attributes are anybody's: no path of theirs is a path of ours, and they may be nonsense. */
export interface TarEntry {
  /** As the archive has it: `./a//b`, `/etc/passwd` and `../x` included. Bytes that are not UTF-8 are U+FFFD. */
  readonly name: string;
  /** The same as bytes, a character each. */
  readonly rawName: string;
  readonly type: TarEntryType;
  /** Bytes of the file once it is unpacked. */
  readonly size: number;
  /** What a link points at. */
  readonly link: string;
  readonly rawLink: string;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Milliseconds since 1970. */
  readonly modifiedAt: number;
  /** Its stored bytes are a map of it and only those parts that are not zeros. */
  readonly isSparse: boolean;
  /** PAX attributes, `SCHILY.xattr.security.capability` and the like: bytes, a character each. */
  readonly attributes: ReadonlyMap<string, string>;
  /** Its stored bytes, while it is the last entry that was handed out. What is not read is skipped. */
  read(): AsyncIterable<Buffer>;
  /** The same, with the zeros that a sparse file leaves out. */
  readFilled(): AsyncIterable<Buffer>;
}

export interface TarOptions {
  /** Entries, those that only speak about others included. */
  readonly mostEntries?: number;
  /** Whether anything but zeros may follow the end; it is not read then. Layers are read so by everybody. */
  readonly ignoreTrailing?: boolean;
  /** Called if the source ends between two entries, where an archive that nobody cut has its end mark. */
  readonly onMissingEnd?: () => void;
}

/** Go's archive/tar takes no longer ones either, so that nobody has made a layer with them. */
const LONGEST_ATTRIBUTES = 1 << 20;

const NO_ATTRIBUTES: ReadonlyMap<string, string> = new Map();

/**
 * The entries of a tar archive, one after the other: V7, ustar, PAX and GNU. Memory is bounded whatever the archive
 * holds, and an entry costs no more than its bytes.
 *
 * @throws RegistryError ARCHIVE_INVALID; the source's own error
 */
export async function* readTar(
  source: AsyncIterable<Buffer>,
  options: TarOptions = {},
): AsyncGenerator<TarEntry, void, undefined> {
  const { mostEntries = Infinity, ignoreTrailing = false, onMissingEnd } = options;
  const bytes = new ChunkReader(source);
  const about = new About();
  try {
    for (let count = 1; ; count += 1) {
      const at = bytes.position;
      const block = bytes.takeNow(BLOCK) ?? (await bytes.takeWhole(BLOCK));
      const header = isZero(block)
        ? await readEnd(bytes, block, at)
        : parseTarHeader(whole(block, bytes, at), at);
      if (header === 'end' || header === 'missing end') {
        if (about.isPending) throw truncated(bytes.position);
        if (header === 'missing end') onMissingEnd?.();
        else if (!ignoreTrailing) await refuseTrailing(bytes);
        return;
      }
      if (count > mostEntries) throw invalid(`The archive has more than ${mostEntries} entries.`);
      if (isAbout(header.type)) {
        await about.take(header, bytes);
        continue;
      }
      const { entry, content } = about.describe(header, bytes);
      yield entry;
      if (!content.endNow()) await content.end();
    }
  } finally {
    await bytes.close();
  }
}

function whole(block: Buffer, bytes: ChunkReader, at: number): Buffer {
  if (block.length === BLOCK) return block;
  if (at > 0) throw truncated(bytes.position);
  throw invalid(`This is not a tar archive: it is ${block.length === 0 ? 'empty' : 'too short for one'}.`);
}

async function readEnd(bytes: ChunkReader, block: Buffer, at: number): Promise<'end' | 'missing end'> {
  if (block.length === 0 && at > 0) return 'missing end';
  whole(block, bytes, at);
  const second = await bytes.takeWhole(BLOCK);
  if (isZero(second)) return 'end';
  throw invalid(`The tar is damaged at byte ${at}: its end mark is followed by something else.`);
}

/** Tapes were written in large blocks, so that zeros may follow; files of nothing else may be as large as a disk. */
async function refuseTrailing(bytes: ChunkReader): Promise<void> {
  const start = bytes.position;
  for (let part = await bytes.take(Infinity); part !== undefined; part = await bytes.take(Infinity)) {
    if (!isZero(part)) throw invalid('Something follows the end of the tar that does not belong to it.');
    if (bytes.position - start > MOST_ZEROS) throw invalid('Nothing but zeros follows the end of the tar.');
  }
}

const MOST_ZEROS = 64 << 20;

const ZEROS = Buffer.alloc(64 << 10);

function isZero(bytes: Buffer): boolean {
  for (let start = 0; start < bytes.length; start += ZEROS.length) {
    const part = bytes.subarray(start, start + ZEROS.length);
    if (!part.equals(ZEROS.subarray(0, part.length))) return false;
  }
  return true;
}

/** Global ones hold comments, and container tools make nothing of any. */
function isAbout(type: TarType): boolean {
  return type === 'attributes' || type === 'global' || type === 'long name' || type === 'long link';
}

/** What was said about the entry that comes next. */
class About {
  #attributes: ReadonlyMap<string, string> = NO_ATTRIBUTES;
  #name: string | undefined;
  #link: string | undefined;

  get isPending(): boolean {
    return this.#attributes.size > 0 || this.#name !== undefined || this.#link !== undefined;
  }

  async take({ type, stored }: TarHeader, bytes: ChunkReader): Promise<void> {
    if (stored > LONGEST_ATTRIBUTES) throw invalid('The tar has a name or attributes of more than 1 MiB.');
    const padded = await bytes.takeWhole(stored + paddingOf(stored));
    if (padded.length < stored + paddingOf(stored)) throw truncated(bytes.position);
    const content = padded.subarray(0, stored);
    if (type === 'attributes') this.#attributes = parseAttributes(content);
    if (type === 'long name') this.#name = untilZero(content);
    if (type === 'long link') this.#link = untilZero(content);
  }

  describe(header: TarHeader, bytes: ChunkReader): { entry: TarEntry; content: Content } {
    const attributes = this.#attributes;
    const path = pathAttribute(attributes, 'GNU.sparse.name') ?? pathAttribute(attributes, 'path');
    const rawName = path ?? this.#name ?? header.name;
    const rawLink = pathAttribute(attributes, 'linkpath') ?? this.#link ?? header.link;
    this.#attributes = NO_ATTRIBUTES;
    this.#name = undefined;
    this.#link = undefined;
    const hasContent = header.type === 'file' || header.type === 'other';
    const stored = hasContent ? (sizeAttribute(attributes, 'size') ?? header.stored) : 0;
    const realSize = hasContent ? realSizeOf(header, attributes) : undefined;
    const content = new Content(bytes, stored, realSize, header.sparse, attributes.get(SPARSE_MAP));
    const entry: TarEntry = {
      name: textOf(rawName),
      rawName,
      // Before there was a type for folders.
      type: header.type === 'file' && rawName.endsWith('/') ? 'folder' : (header.type as TarEntryType),
      size: realSize ?? stored,
      link: textOf(rawLink),
      rawLink,
      mode: header.mode,
      uid: idOf(attributes.get('uid'), header.uid),
      gid: idOf(attributes.get('gid'), header.gid),
      modifiedAt: timeOf(attributes.get('mtime'), header.modifiedAt),
      isSparse: realSize !== undefined,
      attributes,
      read: () => content.read(),
      readFilled: () => content.readFilled(),
    };
    return { entry, content };
  }
}

/** Of a sparse file; undefined for all others. */
function realSizeOf({ sparse }: TarHeader, attributes: ReadonlyMap<string, string>): number | undefined {
  return (
    sparse?.realSize ??
    sizeAttribute(attributes, 'GNU.sparse.realsize') ??
    sizeAttribute(attributes, 'GNU.sparse.size')
  );
}

function untilZero(bytes: Buffer): string {
  const end = bytes.indexOf(0);
  return bytes.toString('latin1', 0, end === -1 ? bytes.length : end);
}

/** Bytes, a character each, as people read them. */
export function textOf(raw: string): string {
  // oxlint-disable-next-line no-control-regex
  return /^[\0-\x7f]*$/.test(raw) ? raw : Buffer.from(raw, 'latin1').toString();
}

function idOf(attribute: string | undefined, otherwise: number): number {
  return attribute !== undefined && /^\d{1,15}$/.test(attribute) ? Number(attribute) : otherwise;
}

/** In seconds, with as many decimals as the archiver liked. */
function timeOf(attribute: string | undefined, otherwise: number): number {
  const seconds = Number(attribute ?? Number.NaN);
  return Number.isFinite(seconds) ? Math.round(seconds * 1000) : otherwise;
}
