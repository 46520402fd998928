const NOTHING = Buffer.alloc(0);

/** Bytes that come in chunks, taken in the portions that a format has. */
export class ChunkReader {
  readonly #chunks: AsyncIterator<Buffer>;
  #rest: Buffer = NOTHING;
  /** Bytes that were taken so far. */
  position = 0;

  constructor(chunks: AsyncIterable<Buffer>) {
    this.#chunks = chunks[Symbol.asyncIterator]();
  }

  /** What comes next, `most` bytes of it at the most and never none; undefined at the end. */
  async take(most: number): Promise<Buffer | undefined> {
    while (this.#rest.length === 0) {
      const { done, value } = await this.#chunks.next();
      if (done === true) return undefined;
      this.#rest = value;
    }
    const whole = this.#rest;
    const part = whole.length <= most ? whole : whole.subarray(0, most);
    // Whoever has all of a chunk may give its memory back: not even nothing may be read of it then.
    this.#rest = part === whole ? NOTHING : whole.subarray(part.length);
    this.position += part.length;
    return part;
  }

  /** The next `length` bytes if they are here already, as they nearly always are: a wait for each costs half the time. */
  takeNow(length: number): Buffer | undefined {
    if (this.#rest.length < length) return undefined;
    const part = this.#rest.subarray(0, length);
    this.#rest = this.#rest.subarray(length);
    this.position += length;
    return part;
  }

  /** The next `length` bytes, or fewer if the end comes first. */
  async takeWhole(length: number): Promise<Buffer> {
    const now = length > 0 ? this.takeNow(length) : undefined;
    if (now !== undefined) return now;
    const parts: Buffer[] = [];
    let missing = length;
    while (missing > 0) {
      const part = await this.take(missing);
      if (part === undefined) break;
      parts.push(part);
      missing -= part.length;
    }
    return Buffer.concat(parts);
  }

  /** Returns how many bytes there were to skip. */
  async skip(length: number): Promise<number> {
    let left = length;
    while (left > 0) {
      const part = await this.take(left);
      if (part === undefined) break;
      left -= part.length;
    }
    return length - left;
  }

  /** Ends the source; what it still has is not wanted. */
  async close(): Promise<void> {
    this.#rest = NOTHING;
    await this.#chunks.return?.();
  }
}
