import { decodeRecord, checksum } from '../journal/record.ts';
import { correctBit, differInOneBit } from './correct-bit.ts';
import type { Entry } from './salvage.ts';

/** How a record's line begins: its checksum, and the JSON behind it. */
const RECORD_START = /[0-9a-f]{8} \{"seq":/g;
const SUM_BYTES = 8;
const NEWLINE = 0x0a;

/**
 * The records of neighbouring lines that do not match their checksums, where one flipped bit explains it. Other
 * damage is beyond proof, and gives nothing.
 *
 * @returns for each line its records; undefined for those that stay damaged
 */
export function healLines(lines: readonly Buffer[]): (Entry[] | undefined)[] {
  const healed = lines.map((line) => healLine(line) ?? healJoined(line));
  for (const [index, line] of lines.entries()) {
    const next = lines[index + 1];
    if (next === undefined || healed[index] !== undefined || healed[index + 1] !== undefined) continue;
    // One record, in which the flipped bit has made a newline.
    const joined = healLine(Buffer.concat([line, Buffer.of(NEWLINE), next]));
    if (joined !== undefined) [healed[index], healed[index + 1]] = [joined, []];
  }
  return healed;
}

function healLine(line: Buffer): Entry[] | undefined {
  const json = line.subarray(SUM_BYTES + 1);
  const start = line.subarray(0, SUM_BYTES + 1);
  const sum = start.toString('latin1');
  if (/^[0-9a-f]{8} $/.test(sum)) {
    const corrected = correctBit(json, Number.parseInt(sum, 16));
    if (corrected !== undefined) return decode(Buffer.concat([start, corrected]));
  }
  const trueStart = Buffer.from(`${checksum(json.toString())} `);
  return differInOneBit(start, trueStart) ? decode(Buffer.concat([trueStart, json])) : undefined;
}

/** Two records whose newline is the flipped byte. */
function healJoined(line: Buffer): Entry[] | undefined {
  const text = line.toString('latin1');
  for (const { index } of text.matchAll(RECORD_START)) {
    const between = line.subarray(index - 1, index);
    if (index === 0 || !differInOneBit(between, Buffer.of(NEWLINE))) continue;
    const [a, b] = [decode(line.subarray(0, index - 1)), decode(line.subarray(index))];
    if (a !== undefined && b !== undefined) return [...a, ...b];
  }
  return undefined;
}

/** One that matches by chance would hardly be JSON as well. */
function decode(line: Buffer): Entry[] | undefined {
  try {
    const record = decodeRecord(line.toString()) as Entry | undefined;
    return record === undefined ? undefined : [record];
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
