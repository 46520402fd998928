import { BLOCK, invalid, type Segment } from './tar-header.ts';

/** No file of an image is in so many pieces, and each of them takes memory. */
const MOST_SEGMENTS = 100_000;

const ZEROS = Buffer.alloc(64 << 10);

/**
 * The file that a sparse one is unpacked to.
 *
 * @param stored bytes of `content`
 * @throws RegistryError ARCHIVE_INVALID if the segments overlap, or are not as long as what is stored
 */
export async function* fillHoles(
  content: AsyncIterable<Buffer>,
  segments: readonly Segment[],
  stored: number,
  realSize: number,
): AsyncGenerator<Buffer, void, undefined> {
  requireFit(segments, stored, realSize);
  let [position, index, done] = [0, 0, 0];
  for await (const chunk of content) {
    for (let rest = chunk; rest.length > 0;) {
      const segment = segments[index];
      if (segment === undefined) throw noFit();
      yield* zeros(segment.offset + done - position);
      const part = rest.subarray(0, segment.length - done);
      if (part.length > 0) yield part;
      rest = rest.subarray(part.length);
      done += part.length;
      position = segment.offset + done;
      if (done < segment.length) continue;
      index += 1;
      done = 0;
    }
  }
  yield* zeros(realSize - position);
}

function* zeros(length: number): Generator<Buffer, void, undefined> {
  for (let left = length; left > 0; left -= ZEROS.length) yield ZEROS.subarray(0, left);
}

function requireFit(segments: readonly Segment[], stored: number, realSize: number): void {
  if (segments.length > MOST_SEGMENTS) throw tooMany();
  let [end, sum] = [0, 0];
  for (const { offset, length } of segments) {
    if (offset < end || length < 0 || offset + length > realSize) throw noFit();
    end = offset + length;
    sum += length;
  }
  if (sum !== stored) throw noFit();
}

/** GNU's PAX formats 0.0 and 0.1: offsets and lengths in turn, with commas. */
export function parseMap(map: string): Segment[] {
  return pairs(map === '' ? [] : map.split(','));
}

/** GNU's PAX format 1.0: how many there are, then offsets and lengths in turn, each on a line. */
export class MapReader {
  readonly #numbers: string[] = [];
  #line = '';
  /** Lines in all, once the first one was read. */
  #lines = Infinity;
  segments: Segment[] | undefined;

  /** Takes one block of 512 bytes. */
  take(block: Buffer): void {
    const lines = `${this.#line}${block.toString('latin1')}`.split('\n');
    this.#line = lines.pop() ?? '';
    // Longer than any number.
    if (this.#line.length > BLOCK) throw noFit();
    for (const line of lines) this.#numbers.push(line);
    if (this.#lines === Infinity && this.#numbers.length > 0) {
      const count = parseDecimal(this.#numbers[0]);
      if (count > MOST_SEGMENTS) throw tooMany();
      this.#lines = 2 * count + 1;
    }
    if (this.#numbers.length >= this.#lines) this.segments = pairs(this.#numbers.slice(1, this.#lines));
  }
}

function pairs(numbers: readonly string[]): Segment[] {
  if (numbers.length > 2 * MOST_SEGMENTS) throw tooMany();
  if (numbers.length % 2 !== 0) throw noFit();
  const segments: Segment[] = [];
  for (let index = 0; index < numbers.length; index += 2) {
    segments.push({ offset: parseDecimal(numbers[index]), length: parseDecimal(numbers[index + 1]) });
  }
  return segments;
}

function parseDecimal(text: string | undefined): number {
  const number = /^\d{1,16}$/.test(text ?? '') ? Number(text) : NaN;
  if (Number.isSafeInteger(number)) return number;
  throw noFit();
}

function noFit(): Error {
  return invalid('The tar is damaged: the pieces of a sparse file do not fit together.');
}

function tooMany(): Error {
  return invalid(`A sparse file is in more than ${MOST_SEGMENTS} pieces.`);
}
