import { createHash } from 'node:crypto';

/** Numbers that the same words bring again: every part of a run has a stream of its own. */
export class Random {
  #state;

  /** @param {...(string | number)} words */
  constructor(...words) {
    this.#state = createHash('sha256').update(words.join('/')).digest().readUInt32LE();
  }

  /** From 0 up to 1 (mulberry32). */
  next() {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** A whole number, both ends included. */
  between(low, high) {
    return low + Math.floor(this.next() * (high - low + 1));
  }

  chance(probability) {
    return this.next() < probability;
  }

  /** @template T @param {readonly T[]} list @returns {T} */
  pick(list) {
    return list[Math.floor(this.next() * list.length)];
  }

  /** @template T @param {readonly (readonly [number, T])[]} weighted @returns {T} */
  weigh(weighted) {
    let left = this.next() * weighted.reduce((sum, [weight]) => sum + weight, 0);
    for (const [weight, choice] of weighted) {
      left -= weight;
      if (left < 0) return choice;
    }
    return weighted[0][1];
  }

  /** Bytes that do not compress. */
  bytes(length) {
    const bytes = Buffer.allocUnsafe(length);
    for (let at = 0; at < length; at += 4) {
      const word = (this.next() * 2 ** 32) >>> 0;
      for (let byte = at; byte < Math.min(at + 4, length); byte += 1)
        bytes[byte] = word >>> (8 * (byte - at));
    }
    return bytes;
  }
}
