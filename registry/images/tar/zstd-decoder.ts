import { Decompress } from 'fzstd';
import { damaged } from './compression.ts';
import { ZstdFrames } from './zstd-frames.ts';

/**
 * Four bytes may be a block of 128 KiB, and a frame as short as ten is a call deeper in the decompressor: so little
 * becomes 16 MiB at the most before whoever takes it is asked again.
 */
const SLICE_BYTES = 512;

/** zstd in JavaScript, for the Node that has none of its own. It holds its thread. */
export class ZstdDecoder {
  readonly #frames = new ZstdFrames();
  readonly #decompressor: Decompress;

  /** @param onBytes given what is unpacked; it is read again before the next, and must not be changed until then */
  constructor(onBytes: (bytes: Uint8Array) => void) {
    this.#decompressor = new Decompress((bytes) => {
      if (bytes.length > 0) onBytes(bytes);
    });
  }

  /**
   * Works while it is iterated, a little at a time.
   *
   * @throws RegistryError ARCHIVE_INVALID
   */
  *push(chunk: Uint8Array): Generator<void, void, undefined> {
    const { buffer, byteOffset, byteLength } = chunk;
    yield* this.#feed(this.#frames.push(Buffer.from(buffer, byteOffset, byteLength)));
  }

  /** @throws RegistryError ARCHIVE_INVALID */
  *end(): Generator<void, void, undefined> {
    yield* this.#feed(this.#frames.end());
    this.#frames.requireEnd();
    // The last few bytes might have been the beginning of more.
    this.#decompress(new Uint8Array(0), true);
  }

  *#feed(parts: readonly Buffer[]): Generator<void, void, undefined> {
    for (const part of parts) {
      for (let at = 0; at < part.length; at += SLICE_BYTES) {
        this.#decompress(part.subarray(at, at + SLICE_BYTES));
        yield;
      }
    }
  }

  #decompress(slice: Uint8Array, isLast = false): void {
    try {
      this.#decompressor.push(slice, isLast);
    } catch (error) {
      throw damaged('zstd', error);
    }
  }
}
