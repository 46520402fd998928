import { open, readdir, type FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { journalDamaged, RegistryError, systemCode } from '../error.ts';
import { decodeRecord, type JournalRecord } from './record.ts';

/** First line of every segment. The number is the format's. */
export const SEGMENT_HEADER = 'berth-journal 1\n';

const READ_BYTES = 1 << 20;
const SEGMENT_NAME = /^(\d{8})\.log$/;

export function segmentPath(folder: string, number: number): string {
  return join(folder, `${String(number).padStart(8, '0')}.log`);
}

/** Numbers of the segments in a folder, ascending. */
export async function listSegments(folder: string): Promise<number[]> {
  const names = await readdir(folder);
  return names
    .map((name) => SEGMENT_NAME.exec(name)?.[1])
    .filter((digits) => digits !== undefined)
    .map(Number)
    .sort((a, b) => a - b);
}

export interface SegmentEnd {
  /** Bytes up to and including the last whole record. */
  readonly bytes: number;
  /** What stands behind them: a record that was being written when the machine stopped. */
  readonly tornBytes: number;
}

/**
 * Hands every record of a segment to `visit`, in order.
 *
 * What was being written when the machine stopped is reported as torn if `mayBeTorn` (only what is last in
 * the journal may be), so that the caller can set it aside: a line that is not whole, and whatever stands
 * behind it of the same write. Of a write that was not synced as a whole any part may have reached the disk;
 * nobody was told of it. Anything else that is not whole is damage.
 *
 * @param after the last record before this segment
 * @throws RegistryError JOURNAL_DAMAGED naming the file and the byte
 */
export async function readSegment<Operation>(
  path: string,
  { after, mayBeTorn }: { after: number; mayBeTorn: boolean },
  visit: (record: JournalRecord<Operation>) => void,
): Promise<SegmentEnd> {
  let whole = 0;
  let lastSeq = after;
  /** Lines behind `whole` that are not whole and that no later record of their write vouches for. */
  let brokenLines = 0;

  const size = await eachLine(path, (line, start, end) => {
    if (start === 0) {
      readHeader(path, line);
      whole = end;
      return;
    }
    const record = decodeRecord<Operation>(line);
    if (record === undefined) {
      brokenLines += 1;
    } else if (whole === start) {
      visitOrThrow(path, start, record, visit);
      whole = end;
      lastSeq = record.seq;
    } else if (record.batch > lastSeq + 1) {
      // A later write was begun, so that the one with the broken line had been synced and acknowledged.
      throw damaged(path, whole);
    } else {
      brokenLines = 0;
    }
  });

  const tornBytes = size - whole;
  const unfinished = tornBytes > 0 && !(await endsWithNewline(path, size)) ? 1 : 0;
  if (tornBytes > 0 && (!mayBeTorn || brokenLines + unfinished > 1)) throw damaged(path, whole);
  return { bytes: whole, tornBytes };
}

function readHeader(path: string, line: string): void {
  if (`${line}\n` === SEGMENT_HEADER) return;
  if (/^berth-journal \d+$/.test(line)) {
    throw new RegistryError(
      'DATA_FOLDER_UNUSABLE',
      `${path} was written by a newer version of Berth. Install that version, or choose another folder with --data.`,
    );
  }
  throw damaged(path, 0);
}

function visitOrThrow<Operation>(
  path: string,
  start: number,
  record: JournalRecord<Operation>,
  visit: (record: JournalRecord<Operation>) => void,
): void {
  try {
    visit(record);
  } catch (error) {
    throw error instanceof RegistryError ? error : damaged(path, start, error);
  }
}

/** Calls `visit` with each line that a newline ends, and its byte offsets. Returns the file's size. */
async function eachLine(
  path: string,
  visit: (line: string, start: number, end: number) => void,
): Promise<number> {
  const file = await openSegment(path);
  try {
    const block = Buffer.allocUnsafe(READ_BYTES);
    let rest = Buffer.alloc(0);
    let offset = 0;
    for (;;) {
      const { bytesRead } = await file.read(block, 0, READ_BYTES);
      if (bytesRead === 0) return offset + rest.length;
      const text = Buffer.concat([rest, block.subarray(0, bytesRead)]);
      let start = 0;
      for (let newline = text.indexOf(10); newline !== -1; newline = text.indexOf(10, start)) {
        visit(text.toString('utf8', start, newline), offset + start, offset + newline + 1);
        start = newline + 1;
      }
      rest = text.subarray(start);
      offset += start;
    }
  } finally {
    await file.close();
  }
}

async function endsWithNewline(path: string, size: number): Promise<boolean> {
  const file = await openSegment(path);
  try {
    const { buffer } = await file.read(Buffer.alloc(1), 0, 1, size - 1);
    return buffer[0] === 10;
  } finally {
    await file.close();
  }
}

async function openSegment(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'r');
  } catch (error) {
    if (systemCode(error) === 'ENOENT') throw damaged(path, 0, error);
    throw error;
  }
}

function damaged(path: string, byte: number, cause?: unknown): RegistryError {
  const what = `${path}, from byte ${byte}`;
  return journalDamaged(dirname(dirname(path)), what, { detail: { path, byte }, cause });
}
