import { parentPort, workerData } from 'node:worker_threads';
import { readCheckpoint } from '../journal/checkpoint.ts';
import { readSegment, segmentPath } from '../journal/segment.ts';
import type { Operation } from './operation.ts';
import { EMPTY_SNAPSHOT, restoreSnapshot, takeSnapshot, type Snapshot } from './snapshot.ts';

export interface CheckpointDone {
  readonly seq: number;
  readonly segment: number;
  readonly ms: number;
}

/**
 * Folds closed segments into the checkpoint, beside the server's work. It shares nothing with the
 * running catalog but the files, which nobody changes any more.
 */
async function writeCheckpoint(folder: string, lastSegment: number): Promise<CheckpointDone> {
  const started = performance.now();
  // A damaged one is replaced by this very run, from the first segment on.
  const checkpoint = await readCheckpoint<Snapshot>(folder, EMPTY_SNAPSHOT, () => undefined);
  const catalog = restoreSnapshot(checkpoint.data.state);
  let { seq } = checkpoint.data;
  for (let segment = checkpoint.data.segment + 1; segment <= lastSegment; segment += 1) {
    await readSegment<Operation>(segmentPath(folder, segment), { after: seq, mayBeTorn: false }, (record) => {
      if (record.seq !== seq + 1) throw new Error(`record ${record.seq} follows record ${seq}`);
      seq = record.seq;
      catalog.apply(record);
    });
  }
  checkpoint.data = { seq, segment: lastSegment, state: takeSnapshot(catalog) };
  await checkpoint.write();
  return { seq, segment: lastSegment, ms: Math.round(performance.now() - started) };
}

const { folder, segment } = workerData as { folder: string; segment: number };
parentPort?.postMessage(await writeCheckpoint(folder, segment));
