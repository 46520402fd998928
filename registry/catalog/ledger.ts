import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { readCheckpoint } from '../journal/checkpoint.ts';
import { Journal } from '../journal/journal.ts';
import type { Actor, JournalRecord } from '../journal/record.ts';
import type { Log } from '../log.ts';
import type { Catalog } from './catalog.ts';
import type { CheckpointDone } from './checkpoint-worker.ts';
import type { Operation } from './operation.ts';
import { EMPTY_SNAPSHOT, restoreSnapshot, type Snapshot } from './snapshot.ts';

export type LedgerRecord = JournalRecord<Operation>;

/** A tail of the journal this long is folded into the checkpoint right after the start. */
const LONG_TAIL_BYTES = 16 << 20;

/**
 * The catalog together with the journal that remembers it. `commit` is the only way to change either:
 * it resolves once the operations are on the disk and visible to every reader.
 */
export class Ledger {
  readonly catalog: Catalog;
  readonly #journal: Journal<Operation>;
  readonly #folder: string;
  readonly #log: Log;
  #listeners: ((record: LedgerRecord) => void)[] = [];
  #worker: Worker | undefined;
  /** Last segment that is closed but perhaps not in the checkpoint. */
  #closedSegment = 0;
  #checkpointed: number;

  private constructor(
    catalog: Catalog,
    journal: Journal<Operation>,
    folder: string,
    checkpointed: number,
    log: Log,
  ) {
    this.catalog = catalog;
    this.#journal = journal;
    this.#folder = folder;
    this.#checkpointed = checkpointed;
    this.#log = log;
  }

  /**
   * Restores the catalog from the last checkpoint and the records behind it.
   *
   * @param segmentBytes size at which a segment is closed and folded into the checkpoint
   * @throws RegistryError JOURNAL_DAMAGED, DATA_FOLDER_UNUSABLE
   */
  static async open(dataFolder: string, log: Log, segmentBytes?: number): Promise<Ledger> {
    const folder = join(dataFolder, 'journal');
    const { data: checkpoint } = await readCheckpoint<Snapshot>(folder, EMPTY_SNAPSHOT, (error) =>
      log.warn('the checkpoint is damaged; replaying the whole journal instead', { error }),
    );
    const catalog = restoreSnapshot(checkpoint.state);

    let ledger: Ledger | undefined;
    const { journal, replayedBytes, torn } = await Journal.open<Operation>({
      folder,
      after: checkpoint,
      apply: (record) => {
        catalog.apply(record);
        ledger?.publish(record);
      },
      onClosed: (segment) => ledger?.foldUpTo(segment),
      onProblem: (problem, error) => log.warn(problem, { error }),
      ...(segmentBytes === undefined ? {} : { segmentBytes }),
    });
    if (torn !== undefined) {
      log.warn('dropped a record that was being written when Berth last stopped', torn);
    }
    ledger = new Ledger(catalog, journal, folder, checkpoint.segment, log);
    if (replayedBytes > LONG_TAIL_BYTES) ledger.foldUpTo(journal.segment - 1);
    return ledger;
  }

  get journal(): Pick<Journal<Operation>, 'seq' | 'syncs'> {
    return this.#journal;
  }

  /** Resolves when the operations are durable. They happen together or, if this throws, not at all. */
  async commit(actor: Actor, ...ops: Operation[]): Promise<LedgerRecord> {
    return await this.#journal.append(actor, ops);
  }

  /** Calls `listener` after each record that is committed from now on. */
  subscribe(listener: (record: LedgerRecord) => void): void {
    this.#listeners.push(listener);
  }

  private publish(record: LedgerRecord): void {
    for (const listener of this.#listeners) listener(record);
  }

  async close(): Promise<void> {
    await this.#journal.close();
    // A checkpoint replaces the last one as a whole, so that one which is cut short costs nothing.
    await this.#worker?.terminate();
  }

  /** Folds closed segments into the checkpoint in a thread of its own; one at a time. */
  private foldUpTo(segment: number): void {
    this.#closedSegment = Math.max(this.#closedSegment, segment);
    if (this.#worker !== undefined || this.#closedSegment <= this.#checkpointed) return;

    const upTo = this.#closedSegment;
    const worker = new Worker(workerUrl(), { workerData: { folder: this.#folder, segment: upTo } });
    this.#worker = worker;
    worker.once('message', (done: CheckpointDone) => {
      this.#checkpointed = upTo;
      this.#log.debug('wrote a checkpoint', { ...done });
    });
    worker.once('error', (error) => {
      this.#log.error('could not write a checkpoint; the journal still has everything', { error });
    });
    worker.once('exit', () => {
      this.#worker = undefined;
      if (this.#checkpointed >= upTo) this.foldUpTo(this.#closedSegment);
    });
  }
}

/** From source, as tests run it, the worker is the one that was built. */
function workerUrl(): URL {
  const fromSource = import.meta.url.endsWith('.ts');
  return new URL(fromSource ? '../../dist/checkpoint-worker.js' : './checkpoint-worker.js', import.meta.url);
}
