import { RegistryError } from '../error.ts';

/** Byte offsets, both included. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/**
 * The part of a blob that `Range` asks for. Undefined stands for all of it: several ranges, other units
 * and what is no range at all may be ignored (RFC 9110, section 14.2), and clients rely on that.
 *
 * @throws RegistryError RANGE_INVALID if the blob has no such part
 */
export function parseRange(header: string, size: number): ByteRange | undefined {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header.trim());
  if (match === null) return undefined;
  const [, first = '', last = ''] = match;
  if (first === '' && last === '') return undefined;
  if (first !== '' && last !== '' && Number(last) < Number(first)) return undefined;

  const start = first === '' ? Math.max(0, size - Number(last)) : Number(first);
  const end = first === '' || last === '' ? size - 1 : Math.min(Number(last), size - 1);
  if (start <= end) return { start, end };
  throw new RegistryError('RANGE_INVALID', 'The blob has no such range.', {
    detail: { range: header, size },
  });
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
