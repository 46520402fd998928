import type { ChunkReader } from './chunk-reader.ts';
import { fillHoles, MapReader, parseMap } from './sparse.ts';
import { BLOCK, paddingOf, parseSegments, truncated, type GnuSparse, type Segment } from './tar-header.ts';

/** The bytes of one entry, and what fills up its last block. */
export class Content {
  readonly #bytes: ChunkReader;
  #left: number;
  readonly #padding: number;
  /** Of a sparse file. */
  readonly #realSize: number | undefined;
  readonly #gnu: GnuSparse | undefined;
  readonly #map: string | undefined;
  readonly #segments: Segment[];
  #mapGoesOn: boolean;

  constructor(
    bytes: ChunkReader,
    length: number,
    realSize: number | undefined,
    gnu: GnuSparse | undefined,
    map: string | undefined,
  ) {
    this.#bytes = bytes;
    this.#left = length;
    this.#padding = paddingOf(length);
    this.#realSize = realSize;
    this.#gnu = gnu;
    this.#map = map;
    this.#segments = [...(gnu?.segments ?? [])];
    this.#mapGoesOn = gnu?.goesOn ?? false;
  }

  async *read(): AsyncGenerator<Buffer, void, undefined> {
    await this.#readGnuMap();
    while (this.#left > 0) {
      const part = await this.#bytes.take(this.#left);
      if (part === undefined) throw truncated(this.#bytes.position);
      this.#left -= part.length;
      yield part;
    }
  }

  async *readFilled(): AsyncGenerator<Buffer, void, undefined> {
    if (this.#realSize === undefined) return yield* this.read();
    await this.#readGnuMap();
    const segments = await this.#findSegments();
    return yield* fillHoles(this.read(), segments, this.#left, this.#realSize);
  }

  async #findSegments(): Promise<readonly Segment[]> {
    if (this.#gnu !== undefined) return this.#segments;
    if (this.#map !== undefined) return parseMap(this.#map);
    // The newest form has the map before the bytes, in blocks of its own that count as stored.
    const map = new MapReader();
    while (map.segments === undefined) {
      const block = this.#left < BLOCK ? undefined : await this.#bytes.takeWhole(BLOCK);
      if (block === undefined || block.length < BLOCK) throw truncated(this.#bytes.position);
      this.#left -= BLOCK;
      map.take(block);
    }
    return map.segments;
  }

  /** Goes on to the next header, if its bytes are here already. */
  endNow(): boolean {
    if (this.#mapGoesOn || this.#bytes.takeNow(this.#left + this.#padding) === undefined) return false;
    this.#left = 0;
    return true;
  }

  /** Goes on to the next header. */
  async end(): Promise<void> {
    await this.#readGnuMap();
    const rest = this.#left + this.#padding;
    this.#left = 0;
    if ((await this.#bytes.skip(rest)) < rest) throw truncated(this.#bytes.position);
  }

  /** The map of an old sparse file goes on in blocks of its own, which its size does not count. */
  async #readGnuMap(): Promise<void> {
    while (this.#mapGoesOn) {
      const block = await this.#bytes.takeWhole(BLOCK);
      if (block.length < BLOCK) throw truncated(this.#bytes.position);
      // One by one: there may be more than a call takes arguments. Those beyond what any file has are not kept.
      for (const segment of parseSegments(block, 0, 21, this.#bytes.position - BLOCK)) {
        if (this.#segments.length <= MOST_KEPT) this.#segments.push(segment);
      }
      this.#mapGoesOn = block[504] !== 0;
    }
  }
}

/** One more than is accepted, so that it is refused where the file is read. */
const MOST_KEPT = 100_000;
