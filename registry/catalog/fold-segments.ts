import { listSegments, readSegment, segmentPath } from '../journal/segment.ts';
import type { Catalog } from './catalog.ts';
import type { Operation } from './operation.ts';

/**
 * Applies the records of segments to a catalog.
 *
 * @param after the place that the catalog is at
 * @param last the last segment to be read
 * @param upTo the last record to be applied; without it the segments must be closed and are applied as a whole
 * @returns the last record's number
 * @throws RegistryError JOURNAL_DAMAGED
 */
export async function foldSegments(
  catalog: Catalog,
  folder: string,
  after: { readonly seq: number; readonly segment: number },
  last: number,
  upTo?: number,
): Promise<number> {
  let { seq } = after;
  for (let segment = after.segment + 1; segment <= last; segment += 1) {
    const mayBeTorn = upTo !== undefined && segment === last;
    await readSegment<Operation>(segmentPath(folder, segment), { after: seq, mayBeTorn }, (record) => {
      if (upTo !== undefined && seq >= upTo) return;
      if (record.seq !== seq + 1) throw new Error(`record ${record.seq} follows record ${seq}`);
      seq = record.seq;
      catalog.apply(record);
    });
  }
  return seq;
}

/** Closed segments of a folder up to one of them, in order. */
export async function closedSegments(folder: string, last: number): Promise<number[]> {
  return (await listSegments(folder)).filter((number) => number <= last);
}
