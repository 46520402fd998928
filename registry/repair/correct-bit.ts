import { crc32 } from 'node:zlib';

/** Of CRC-32 as in zlib, its bits in reverse. */
const POLYNOMIAL = 0xedb88320;

/**
 * Finds the one bit whose change makes the bytes match their checksum. CRC-32 is linear: a changed bit changes
 * the sum in a way that depends on its distance from the end alone, so that one walk finds it.
 *
 * @param sum the checksum that the bytes should have
 * @returns the bytes with that bit set right, or undefined if more than one bit is wrong
 */
export function correctBit(bytes: Buffer, sum: number): Buffer | undefined {
  const difference = (crc32(bytes) ^ sum) >>> 0;
  let effect = POLYNOMIAL;
  for (let index = bytes.length - 1; index >= 0; index -= 1) {
    for (let bit = 7; bit >= 0; bit -= 1) {
      if (effect === difference) return withBitChanged(bytes, index, bit);
      effect = effect & 1 ? ((effect >>> 1) ^ POLYNOMIAL) >>> 0 : effect >>> 1;
    }
  }
  return undefined;
}

function withBitChanged(bytes: Buffer, index: number, bit: number): Buffer {
  const changed = Buffer.from(bytes);
  changed.writeUInt8(bytes.readUInt8(index) ^ (1 << bit), index);
  return changed;
}

/** Whether two pieces of the same length differ in one bit, which is what a flipped one looks like. */
export function differInOneBit(a: Buffer, b: Buffer): boolean {
  if (a.length !== b.length) return false;
  let bits = 0;
  for (const [index, byte] of a.entries()) {
    for (let rest = byte ^ b.readUInt8(index); rest > 0; rest &= rest - 1) bits += 1;
  }
  return bits === 1;
}
