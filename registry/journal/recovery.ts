import { open, stat, truncate } from 'node:fs/promises';
import { dirname } from 'node:path';
import { replaceFile } from '../disk/files.ts';
import { isDiskFull, journalDamaged } from '../error.ts';
import { listSegments, segmentPath, SEGMENT_HEADER } from './segment.ts';

/**
 * The segments to replay; they must follow the checkpoint's without a gap. The last one with a record in
 * it is the last that was written to: a crash may have left an empty one behind it.
 */
export async function segmentsAfter(
  folder: string,
  checkpointed: number,
): Promise<{ number: number; isLast: boolean }[]> {
  const numbers = (await listSegments(folder)).filter((number) => number > checkpointed);
  const expected = numbers.map((_, index) => checkpointed + 1 + index);
  const gap = expected.find((number, index) => number !== numbers[index]);
  // A checkpoint is made when the next segment has begun.
  const missing = gap ?? (numbers.length === 0 && checkpointed > 0 ? checkpointed + 1 : undefined);
  if (missing !== undefined) {
    throw journalDamaged(dirname(folder), `${segmentPath(folder, missing)} is missing`);
  }
  const sizes = await Promise.all(
    numbers.map(async (number) => (await stat(segmentPath(folder, number))).size),
  );
  return numbers.map((number, index) => ({
    number,
    isLast: sizes.slice(index + 1).every((size) => size <= SEGMENT_HEADER.length),
  }));
}

/** Keeps the torn bytes in a file beside the segment, if there is room for it, and cuts them off. */
export async function setAside(path: string, wholeBytes: number): Promise<string | undefined> {
  const aside = `${path}.torn`;
  let kept: string | undefined = aside;
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    const { buffer } = await file.read(Buffer.alloc(size - wholeBytes), 0, size - wholeBytes, wholeBytes);
    await replaceFile(aside, [buffer]);
  } catch (error) {
    // Nobody was told of these bytes. On a full disk it is worth more that pulls and deletions go on.
    if (!isDiskFull(error)) throw error;
    kept = undefined;
  } finally {
    await file.close();
  }
  await truncate(path, wholeBytes);
  return kept;
}
