import { invalid } from './tar-header.ts';

/** GNU gives the pieces of a sparse file in records of the same names, over and over, or all in one. */
const SPARSE_PIECES = new Set(['GNU.sparse.offset', 'GNU.sparse.numbytes']);
export const SPARSE_MAP = 'GNU.sparse.map';

/**
 * The records of a PAX header: `<length> <name>=<value>\n`, the length in bytes and of the whole record.
 *
 * @returns bytes as they are, a character each: extended attributes are no text
 *
 * @throws RegistryError ARCHIVE_INVALID
 */
export function parseAttributes(bytes: Buffer): Map<string, string> {
  const attributes = new Map<string, string>();
  const pieces: string[] = [];
  for (let start = 0; start < bytes.length;) {
    const space = bytes.indexOf(0x20, start);
    const length = space === -1 ? '' : bytes.toString('latin1', start, space);
    const end = start + Number(length);
    const equals = bytes.indexOf(0x3d, space);
    const isRecord =
      /^[1-9]\d{0,8}$/.test(length) &&
      end <= bytes.length &&
      equals > space + 1 &&
      equals < end &&
      bytes[end - 1] === 0x0a;
    if (!isRecord) throw invalid('The tar is damaged: the attributes of an entry (PAX) cannot be read.');
    const name = bytes.toString('latin1', space + 1, equals);
    const value = bytes.toString('latin1', equals + 1, end - 1);
    if (SPARSE_PIECES.has(name)) pieces.push(value);
    else attributes.set(name, value);
    start = end;
  }
  if (pieces.length > 0) attributes.set(SPARSE_MAP, pieces.join(','));
  return attributes;
}

/**
 * A path, or undefined if the attribute is absent or was taken back, which an empty value does.
 *
 * @throws RegistryError ARCHIVE_INVALID
 */
export function pathAttribute(attributes: ReadonlyMap<string, string>, name: string): string | undefined {
  const path = attributes.get(name);
  if (path?.includes('\0') === true) throw invalid('The tar is damaged: a name has a NUL in it.');
  return path === '' ? undefined : path;
}

/**
 * A size in decimal digits; undefined if the attribute is absent.
 *
 * @throws RegistryError ARCHIVE_INVALID
 */
export function sizeAttribute(attributes: ReadonlyMap<string, string>, name: string): number | undefined {
  const text = attributes.get(name);
  if (text === undefined) return undefined;
  const size = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(size)) return size;
  throw invalid(`The tar is damaged: an entry's attribute ${name} is not a size.`);
}
