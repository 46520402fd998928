import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Catalog } from '../catalog/catalog.ts';
import type { Operation } from '../catalog/operation.ts';
import { restoreSnapshot } from '../catalog/snapshot.ts';
import { RegistryError } from '../error.ts';
import { BASE_FILE, CHECKPOINT_FILE } from '../journal/checkpoint.ts';
import { readSegment, segmentPath, SEGMENT_HEADER } from '../journal/segment.ts';
import type { Sources } from './sources.ts';

/** A journal as it should be, or why it is not. */
export interface Examined {
  /** Sentences without an end; none if all is well. */
  readonly problems: readonly string[];
  /** What the journal amounts to, if all is well. */
  readonly catalog: Catalog;
}

/**
 * Looks at the journal as strictly as can be: the base and every segment behind it, in order and whole, also
 * those that a good checkpoint makes unnecessary.
 *
 * @throws RegistryError DATA_FOLDER_UNUSABLE for operations of a later version
 */
export async function examine(dataFolder: string, sources: Sources): Promise<Examined> {
  const folder = join(dataFolder, 'journal');
  const { checkpoint, base, segments, layoutSeq } = sources;
  const problems: string[] = [];
  for (const [name, { condition }] of [
    [CHECKPOINT_FILE, checkpoint],
    [BASE_FILE, base],
  ] as const) {
    if (condition === 'damaged' || condition === 'corrected') {
      problems.push(`${join(folder, name)} is damaged`);
    }
  }
  if (segments.length === 0) problems.push(`there is no journal in ${folder}`);
  const { seq, catalog, problem } = await replayStrictly(folder, sources);
  if (problem !== undefined) problems.push(problem);
  else if (seq < Math.max(layoutSeq, checkpoint.state.seq)) {
    const known = Math.max(layoutSeq, checkpoint.state.seq);
    problems.push(`the journal ends with record ${seq}, but there was a record ${known}`);
  } else if (checkpoint.condition === 'good' && checkpoint.state.segment < base.state.segment) {
    problems.push(`${join(folder, CHECKPOINT_FILE)} is older than ${BASE_FILE}`);
  }
  return { problems, catalog };
}

async function replayStrictly(
  folder: string,
  { base: { state: base }, segments }: Sources,
): Promise<{ seq: number; catalog: Catalog; problem?: string }> {
  const catalog = base.seq > 0 ? restoreSnapshot(base.state) : new Catalog();
  let { seq } = base;
  const behind = segments.filter((number) => number > base.segment);
  const last = behind.at(-1) ?? base.segment + 1;
  const lastWritten = await findLastWritten(folder, behind);
  for (let number = base.segment + 1; number <= last; number += 1) {
    const path = segmentPath(folder, number);
    if (!behind.includes(number)) return { seq, catalog, problem: `${path} is missing` };
    try {
      const mayBeTorn = number >= lastWritten;
      await readSegment<Operation>(path, { after: seq, mayBeTorn }, (record) => {
        if (record.seq !== seq + 1) throw new Error(`record ${record.seq} follows record ${seq}`);
        seq = record.seq;
        catalog.apply(record);
      });
    } catch (error) {
      if (!(error instanceof RegistryError) || error.code !== 'JOURNAL_DAMAGED') throw error;
      const { byte } = error.detail as { byte: number };
      return { seq, catalog, problem: `${path} is damaged from byte ${byte} on` };
    }
  }
  return { seq, catalog };
}

/** The last segment with a record in it. A crash may have left an empty one behind it. */
async function findLastWritten(folder: string, segments: readonly number[]): Promise<number> {
  for (const number of segments.toReversed()) {
    if ((await stat(segmentPath(folder, number))).size > SEGMENT_HEADER.length) return number;
  }
  return 0;
}
