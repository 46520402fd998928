import { damaged, endsEarly, trailing } from './compression.ts';
import { invalid } from './tar-header.ts';

/** As zstd itself has it unless it is told otherwise. What needs more is made to take memory, not to be small. */
const LARGEST_WINDOW = 128 << 20;

const FRAME = 0xfd2fb528;
const SKIPPABLE = 0x184d2a50;
/** Magic number, descriptor, window, dictionary and content size. */
const LONGEST_HEADER = 18;
const BLOCK_HEADER_BYTES = 3;
const LARGEST_BLOCK = 128 << 10;
/** Compressed bytes of a frame that are held back until its end is seen. */
const MOST_HELD = 256 << 10;

type State =
  | { readonly kind: 'frame' }
  | { readonly kind: 'block'; readonly checksum: number }
  /** So many bytes of a block or of what is to be skipped, and what comes then. */
  | { readonly kind: 'pass'; left: number; readonly next: State };

/**
 * Follows a zstd stream from frame to frame, RFC 8878, on its way to a decompressor that takes memory as each frame
 * asks for it. A frame that asks for more than any image needs is refused. One that ends before it could fill
 * its window is given a window of its own size: zstd:chunked has a frame for each file, and all ask for megabytes.
 */
export class ZstdFrames {
  #state: State = { kind: 'frame' };
  #kept: Buffer = Buffer.alloc(0);
  #out: Buffer[] = [];
  /** Of the current frame, once it is not held back. */
  #parts: Buffer[] = [];
  /** The current frame, while it is short. */
  #held: Buffer[] | undefined;
  #heldBytes = 0;
  /** Bytes that the current frame may amount to, and that it says it amounts to if it is a single segment. */
  #bound = 0;
  #promised = 0;
  #hasFrames = false;

  /**
   * @returns the bytes that are ready to be decompressed, each buffer of one frame: what follows a frame in the same
   *   buffer Node's decompressor leaves out without a word
   * @throws RegistryError ARCHIVE_INVALID
   */
  push(chunk: Buffer): Buffer[] {
    let rest = chunk;
    while (rest.length > 0) {
      if (this.#state.kind === 'pass') {
        const part = rest.subarray(0, this.#state.left);
        this.#state.left -= part.length;
        this.#emit(part);
        rest = rest.subarray(part.length);
        if (this.#state.left === 0) this.#enter(this.#state.next);
        continue;
      }
      const before = this.#kept.length;
      const bytes = Buffer.concat([this.#kept, rest.subarray(0, LONGEST_HEADER)]);
      const used =
        this.#state.kind === 'frame' ? this.#frame(bytes) : this.#block(bytes, this.#state.checksum);
      if (used === undefined) {
        this.#kept = bytes;
        rest = rest.subarray(bytes.length - before);
        continue;
      }
      this.#kept = Buffer.alloc(0);
      rest = rest.subarray(used - before);
    }
    return this.#take();
  }

  /** @returns what was held back of a frame that breaks off, as far as it may be of use */
  end(): Buffer[] {
    this.#release();
    return this.#take();
  }

  /** @throws RegistryError ARCHIVE_INVALID if the last frame broke off, or there was none */
  requireEnd(): void {
    if (this.#isCut || !this.#hasFrames) throw endsEarly('zstd');
  }

  get #isCut(): boolean {
    return this.#state.kind !== 'frame' || this.#kept.length > 0;
  }

  /** @returns bytes of its header; undefined if there are not enough yet */
  #frame(bytes: Buffer): number | undefined {
    // No more than is certain to be of the header.
    if (bytes.length < 4) return undefined;
    const magic = bytes.readUInt32LE(0);
    if ((magic & 0xfffffff0) >>> 0 === SKIPPABLE) {
      if (bytes.length < 8) return undefined;
      this.#hasFrames = true;
      this.#out.push(bytes.subarray(0, 8));
      this.#enter(pass(bytes.readUInt32LE(4), { kind: 'frame' }));
      return 8;
    }
    if (magic !== FRAME) throw this.#hasFrames ? trailing('zstd') : damaged('zstd');
    if (bytes.length < 5) return undefined;
    const descriptor = bytes[4] ?? 0;
    const isSingle = (descriptor & 0x20) !== 0;
    const dictionaryBytes = [0, 1, 2, 4][descriptor & 3] ?? 0;
    const sizeBytes = [isSingle ? 1 : 0, 2, 4, 8][descriptor >> 6] ?? 0;
    const start = 5 + (isSingle ? 0 : 1) + dictionaryBytes;
    if (bytes.length < start + sizeBytes) return undefined;
    const window = isSingle ? contentSize(bytes, start, sizeBytes) : windowSize(bytes[5] ?? 0);
    if (window > LARGEST_WINDOW) {
      throw invalid('It is compressed in a way that takes more than 128 MiB of memory to read.');
    }
    this.#hasFrames = true;
    this.#held = [];
    [this.#heldBytes, this.#bound, this.#promised] = [0, 0, isSingle ? window : 0];
    this.#emit(bytes.subarray(0, start + sizeBytes));
    this.#state = { kind: 'block', checksum: (descriptor & 4) === 0 ? 0 : 4 };
    return start + sizeBytes;
  }

  #block(bytes: Buffer, checksum: number): number | undefined {
    if (bytes.length < BLOCK_HEADER_BYTES) return undefined;
    const header = bytes.readUIntLE(0, BLOCK_HEADER_BYTES);
    const isLast = (header & 1) !== 0;
    const kind = (header >> 1) & 3;
    const size = header >> 3;
    this.#bound += kind === 2 ? LARGEST_BLOCK : size;
    this.#emit(bytes.subarray(0, BLOCK_HEADER_BYTES));
    const next: State = isLast ? pass(checksum, { kind: 'frame' }) : { kind: 'block', checksum };
    // A block that is one byte over and over holds that byte alone.
    this.#enter(pass(kind === 1 ? 1 : size, next));
    return BLOCK_HEADER_BYTES;
  }

  #enter(state: State): void {
    this.#state = state;
    if (state.kind === 'frame') this.#release();
  }

  #emit(bytes: Buffer): void {
    if (this.#held === undefined) {
      this.#parts.push(bytes);
      return;
    }
    this.#held.push(bytes);
    this.#heldBytes += bytes.length;
    if (this.#heldBytes <= MOST_HELD) return;
    this.#parts = this.#held;
    this.#held = undefined;
  }

  /** A frame that was held to its end: its window needs to be no larger than what it holds. */
  #release(): void {
    if (this.#held === undefined) {
      this.#join();
      return;
    }
    const frame = Buffer.concat(this.#held);
    this.#held = undefined;
    if (this.#promised > this.#bound && !this.#isCut) throw damaged('zstd');
    const isSingle = ((frame[4] ?? 0) & 0x20) !== 0;
    const exponent = Math.max(0, Math.ceil(Math.log2(this.#bound)) - 10) << 3;
    if (!isSingle && windowSize(exponent) < windowSize(frame[5] ?? 0)) frame[5] = exponent;
    this.#out.push(frame);
  }

  /** Blocks may be as short as four bytes, and each buffer is a step of its own for whoever takes it. */
  #join(): void {
    if (this.#parts.length > 0) this.#out.push(Buffer.concat(this.#parts));
    this.#parts = [];
  }

  #take(): Buffer[] {
    this.#join();
    const out = this.#out;
    this.#out = [];
    return out;
  }
}

function pass(left: number, next: State): State {
  return left === 0 ? next : { kind: 'pass', left, next };
}

function windowSize(descriptor: number): number {
  const base = 2 ** (10 + (descriptor >> 3));
  return base + (base / 8) * (descriptor & 7);
}

function contentSize(bytes: Buffer, start: number, length: number): number {
  if (length === 8) return Number(bytes.readBigUInt64LE(start));
  return bytes.readUIntLE(start, length) + (length === 2 ? 256 : 0);
}
