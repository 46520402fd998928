import { invalid } from './tar-header.ts';

/**
 * The records of a PAX header: `<length> <name>=<value>\n`, the length in bytes and of the whole record.
 *
 * @throws RegistryError ARCHIVE_INVALID
 */
export function parseAttributes(bytes: Buffer): Map<string, string> {
  const attributes = new Map<string, string>();
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
    attributes.set(bytes.toString('utf8', space + 1, equals), bytes.toString('utf8', equals + 1, end - 1));
    start = end;
  }
  return attributes;
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
