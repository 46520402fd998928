import { RegistryError } from '../error.ts';

/** Byte offsets, both included. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/**
 * The part of a blob that `Range` asks for. Undefined stands for all of it: units other than bytes have to
 * be ignored and several ranges may be (RFC 9110, section 14.2), which clients rely on.
 *
 * @throws RegistryError RANGE_INVALID if the blob has no such part, or the range makes no sense
 */
export function parseRange(header: string, size: number): ByteRange | undefined {
  const ranges = /^\s*bytes\s*=(.*)$/i.exec(header)?.[1]?.split(',');
  if (ranges === undefined) return undefined;
  const parsed = ranges.map((range) => parseOne(range.trim(), size));
  if (parsed.every((range) => range === undefined)) {
    throw new RegistryError('RANGE_INVALID', 'The blob has no such range.', {
      detail: { range: header.slice(0, 100), size },
    });
  }
  return parsed.length === 1 ? parsed[0] : undefined;
}

/** `0-99`, `100-` or `-100` of so many bytes; undefined if there is nothing there. */
function parseOne(range: string, size: number): ByteRange | undefined {
  const [, first = '', last = ''] = /^(\d*)-(\d*)$/.exec(range) ?? [];
  if (first === '' && last === '') return undefined;
  if (first !== '' && last !== '' && Number(last) < Number(first)) return undefined;
  const start = first === '' ? Math.max(0, size - Number(last)) : Number(first);
  const end = first === '' || last === '' ? size - 1 : Math.min(Number(last), size - 1);
  return start <= end ? { start, end } : undefined;
}

/**
 * The place of an upload's chunk: `0-1023` as the spec writes it, `bytes 0-1023/2048` as HTTP does.
 *
 * @throws RegistryError RANGE_INVALID
 */
export function parseContentRange(header: string): ByteRange {
  const match = /^(?:bytes[ =])?(\d+)-(\d+)(?:\/(?:\d+|\*))?$/.exec(header.trim());
  const [start, end] = [Number(match?.[1]), Number(match?.[2])];
  if (match !== null && start <= end && Number.isSafeInteger(end)) return { start, end };
  throw new RegistryError('RANGE_INVALID', 'Content-Range must be <first byte>-<last byte>.', {
    detail: { contentRange: header.slice(0, 100) },
  });
}

/** `Range` of an upload: what it has so far. Docker fails on an end before the start, so nothing is `0-0`. */
export function uploadRange(size: number): string {
  return `0-${Math.max(0, size - 1)}`;
}
