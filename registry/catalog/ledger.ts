import { join } from 'node:path';
import { readStart } from '../journal/checkpoint.ts';
import { Journal, type Decision } from '../journal/journal.ts';
import type { Actor, JournalRecord } from '../journal/record.ts';
import type { Log } from '../log.ts';
import { Pace } from '../pace.ts';
import type { Digest } from '../reference.ts';
import { takesLong, type Catalog } from './catalog.ts';
import type { CheckpointDone, Replayed } from './checkpoint-worker.ts';
import { Checkpoints } from './checkpoints.ts';
import { takesAway } from './dependence.ts';
import type { Operation } from './operation.ts';
import { EMPTY_SNAPSHOT, restoreSnapshot, type Snapshot } from './snapshot.ts';

export type LedgerRecord = JournalRecord<Operation>;

/** A tail of the journal this long is folded into the checkpoint right after the start. */
const LONG_TAIL_BYTES = 16 << 20;

/** What must be possible on a full disk, too: to delete, to take that back, and to reclaim. */
const MAKES_ROOM: ReadonlySet<Operation['op']> = new Set<Operation['op']>([
  'blob.unlink',
  'manifest.delete',
  'tag.delete',
  'repository.delete',
  'repository.restore',
  'blob.restore',
  'manifest.restore',
  'undo',
  'drop',
  'history.trim',
]);

/**
 * The catalog together with the journal that remembers it. `commit` is the only way to change either:
 * it resolves once the operations are on the disk and visible to every reader.
 */
export class Ledger {
  readonly catalog: Catalog;
  /** Of the journal. Its parent is the data folder. */
  readonly folder: string;
  readonly #journal: Journal<Operation>;
  readonly #checkpoints: Checkpoints;
  #listeners: ((record: LedgerRecord) => void)[] = [];

  private constructor(
    catalog: Catalog,
    journal: Journal<Operation>,
    folder: string,
    checkpoints: Checkpoints,
  ) {
    this.catalog = catalog;
    this.folder = folder;
    this.#journal = journal;
    this.#checkpoints = checkpoints;
  }

  /**
   * Restores the catalog from the last checkpoint, or from the base, and the records behind it.
   *
   * @param options.segmentBytes size at which a segment is closed and folded into the checkpoint
   * @param options.atLeast a record that is known to have been there
   * @throws RegistryError JOURNAL_DAMAGED, DATA_FOLDER_UNUSABLE
   */
  static async open(
    dataFolder: string,
    log: Log,
    options: { segmentBytes?: number | undefined; atLeast?: number } = {},
  ): Promise<Ledger> {
    const folder = join(dataFolder, 'journal');
    let isDamaged = false;
    const start = await readStart<Snapshot>(folder, EMPTY_SNAPSHOT, (error) => {
      isDamaged = true;
      log.warn('a checkpoint is damaged; replaying more of the journal instead', { error });
    });
    const catalog = restoreSnapshot(start.state);
    const checkpoints = new Checkpoints(folder, log, isDamaged ? 0 : start.segment);

    let ledger: Ledger | undefined;
    const { journal, replayedBytes, torn } = await Journal.open<Operation>({
      folder,
      // Not all of it: the journal keeps what it is given.
      after: { seq: start.seq, segment: start.segment },
      apply: (record) => {
        catalog.apply(record);
        ledger?.publish(record);
        if (!catalog.isSettled) void new Pace().walk(catalog.settle());
      },
      prepare: (record) => (takesLong(record.ops) ? new Pace().walk(catalog.prepare(record)) : undefined),
      onClosed: (segment) => checkpoints.coverUpTo(segment),
      onProblem: (problem, error) => log.warn(problem, { error }),
      isEssential: (ops) => ops.some(({ op }) => MAKES_ROOM.has(op)),
      ...(options.segmentBytes === undefined ? {} : { segmentBytes: options.segmentBytes }),
      ...(options.atLeast === undefined ? {} : { atLeast: options.atLeast }),
    });
    if (torn !== undefined) {
      log.warn('dropped a record that was being written when Berth last stopped', torn);
    }
    ledger = new Ledger(catalog, journal, folder, checkpoints);
    if (isDamaged || replayedBytes > LONG_TAIL_BYTES) checkpoints.coverUpTo(journal.segment - 1);
    return ledger;
  }

  get journal(): Pick<Journal<Operation>, 'seq' | 'syncs'> {
    return this.#journal;
  }

  /** Number of the segment that is being written. */
  get segment(): number {
    return this.#journal.segment;
  }

  /** Resolves when the operations are durable. They happen together or, if this throws, not at all. */
  async commit(actor: Actor, ...ops: Operation[]): Promise<LedgerRecord> {
    return await this.commitAll(actor, ops);
  }

  /** As `commit`, for more operations than a call can have arguments. */
  async commitAll(actor: Actor, ops: readonly Operation[]): Promise<LedgerRecord> {
    return await this.#journal.append(actor, ops);
  }

  /**
   * As `commit`, of what is decided when it is its turn: all that came before it and that it depends on is
   * visible then. Whoever decides before must not mind what others do meanwhile.
   *
   * @returns undefined if nothing was to be done
   * @throws what `decide` throws
   */
  async decide(actor: Actor, decision: Decision<Operation>): Promise<LedgerRecord | undefined> {
    return await this.#journal.decide(actor, decision);
  }

  /** Whether a record that takes the content away from the repository is on its way to the disk. */
  isLeaving(repository: string, digest: Digest): boolean {
    return this.#journal.isWriting((operation) => takesAway(operation, repository, digest));
  }

  /** Resolves when that is over: it is applied then, or has failed. Nobody is told before that it is here. */
  async settle(repository: string, digest: Digest): Promise<void> {
    await this.#journal.settle((operation) => takesAway(operation, repository, digest));
  }

  /**
   * Calls `listener` after each record that is committed from now on.
   *
   * @returns ends that
   */
  subscribe(listener: (record: LedgerRecord) => void): () => void {
    this.#listeners.push(listener);
    return () => {
      this.#listeners = this.#listeners.filter((each) => each !== listener);
    };
  }

  private publish(record: LedgerRecord): void {
    for (const listener of this.#listeners) listener(record);
  }

  /**
   * Folds closed segments whose last record is older than `before` into one file, and removes them. What
   * can be asked of them (timelines, trash, changes) is in that file too.
   *
   * @param before milliseconds since 1970
   */
  async compact(before: number): Promise<CheckpointDone> {
    return await this.#checkpoints.compact(before);
  }

  /**
   * Reads the whole journal again, beside the server's work, without the help of the checkpoint.
   *
   * @param onStart called in the same moment up to which it is read
   */
  async replay(onStart: () => void): Promise<Replayed> {
    return await this.#checkpoints.replay(() => {
      onStart();
      return { segment: this.#journal.segment, seq: this.#journal.seq };
    });
  }

  /** Makes a damaged checkpoint anew. */
  async renewCheckpoint(): Promise<void> {
    await this.#checkpoints.renew();
  }

  /**
   * Makes the checkpoint the base, because the base or a segment that the checkpoint covers is damaged.
   *
   * @param aside a folder to which the segments go that are needed no more
   * @throws Error if there is no good checkpoint
   */
  async rebase(aside: string): Promise<CheckpointDone> {
    return await this.#checkpoints.rebase(aside);
  }

  async close(): Promise<void> {
    await this.#journal.close();
    await this.#checkpoints.close();
  }
}
