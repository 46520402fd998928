import { open } from 'node:fs/promises';
import type { Operation } from '../catalog/operation.ts';
import { RegistryError, systemCode } from '../error.ts';
import { decodeRecord, type JournalRecord } from '../journal/record.ts';
import { SEGMENT_HEADER } from '../journal/segment.ts';
import { healLines } from './heal-lines.ts';

export type Entry = JournalRecord<Operation>;

/** A part of a segment that holds no record that could be read. */
export interface DamagedRange {
  readonly path: string;
  /** Bytes, both counted from the file's beginning; `to` is behind the last. */
  readonly from: number;
  readonly to: number;
  /** The last whole record of the file before it; undefined if there is none. */
  readonly after: number | undefined;
}

/** What can be read of a segment, whatever has happened to the rest. */
export interface Salvaged {
  readonly records: readonly Entry[];
  readonly damage: readonly DamagedRange[];
  /** Records among them that had a flipped bit, which the checksum let set right. */
  readonly corrected: number;
}

const HEADER = /^berth-journal (\d+)$/;
const NEWLINE = 10;
/** What a disk gives up at once. */
const SECTOR_BYTES = 4096;

/**
 * Reads every whole record of a segment, also those behind damage: each has a checksum of its own.
 *
 * @throws RegistryError DATA_FOLDER_UNUSABLE for a segment of a later format
 */
export async function salvageSegment(path: string): Promise<Salvaged> {
  const bytes = await readAsFarAsPossible(path);
  const records: Entry[] = [];
  const damage: DamagedRange[] = [];
  let corrected = 0;
  let broken: Line[] = [];
  const settle = (): void => {
    const healed = healLines(broken.map((line) => line.bytes));
    for (const [index, { start, end }] of broken.entries()) {
      const found = healed[index];
      if (found === undefined) damage.push({ path, from: start, to: end, after: records.at(-1)?.seq });
      else records.push(...found);
      corrected += found?.length ?? 0;
    }
    broken = [];
  };
  for (const line of linesOf(bytes)) {
    if (line.start === 0 && isHeader(path, line)) continue;
    const record = line.isWhole ? decodeRecord<Operation>(line.bytes.toString()) : undefined;
    if (record === undefined) {
      broken.push(line);
      continue;
    }
    settle();
    records.push(record);
  }
  settle();
  return { records, damage, corrected };
}

interface Line {
  /** Without its newline. */
  readonly bytes: Buffer;
  readonly start: number;
  readonly end: number;
  /** A newline ends it. */
  readonly isWhole: boolean;
}

function* linesOf(bytes: Buffer): Iterable<Line> {
  for (let start = 0; start < bytes.length;) {
    const newline = bytes.indexOf(NEWLINE, start);
    const end = newline === -1 ? bytes.length : newline + 1;
    const isWhole = newline !== -1;
    yield { bytes: bytes.subarray(start, isWhole ? newline : end), start, end, isWhole };
    start = end;
  }
}

function isHeader(path: string, { bytes }: Line): boolean {
  const text = bytes.toString();
  if (`${text}\n` === SEGMENT_HEADER) return true;
  if (!HEADER.test(text)) return false;
  throw new RegistryError(
    'DATA_FOLDER_UNUSABLE',
    `${path} was written by a newer version of Berth. Nothing was changed. Install that version and repair with it.`,
  );
}

/** Sectors that the disk does not give up any more are read as zeros. */
async function readAsFarAsPossible(path: string): Promise<Buffer> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    const bytes = Buffer.alloc(size);
    for (let at = 0, step = 1 << 20; at < size;) {
      const length = Math.min(step, size - at);
      try {
        const { bytesRead } = await file.read(bytes, at, length, at);
        if (bytesRead === 0) break;
        at += bytesRead;
      } catch (error) {
        if (systemCode(error) !== 'EIO') throw error;
        if (step === SECTOR_BYTES) at += length;
        step = SECTOR_BYTES;
      }
    }
    return bytes;
  } finally {
    await file.close();
  }
}
