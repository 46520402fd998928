import { dirname } from 'node:path';
import { makeFolder, removeUnfinished } from '../disk/files.ts';
import { isDiskFull, journalDamaged, RegistryError } from '../error.ts';
import { Pace, type Steps } from '../pace.ts';
import { Ballast } from './ballast.ts';
import { encodeRecord, type Actor, type JournalRecord } from './record.ts';
import { segmentsAfter, setAside } from './recovery.ts';
import { readSegment, segmentPath, type SegmentEnd } from './segment.ts';
import { SegmentWriter } from './segment-writer.ts';

export interface JournalOptions<Operation> {
  readonly folder: string;
  /** The checkpoint's place: replay begins behind it. */
  readonly after: { readonly seq: number; readonly segment: number };
  /** A record that is known to have been there, so that a journal which ends before it has lost its end. */
  readonly atLeast?: number;
  /** Called once for each record, in order: at recovery, and as soon as a new record is durable. */
  readonly apply: (record: JournalRecord<Operation>) => void;
  /** Called with a new record before it is applied; what takes long of it is waited for, if anything does. */
  readonly prepare?: (record: JournalRecord<Operation>) => Promise<void> | undefined;
  /** Called with the number of a segment that will not change any more. */
  readonly onClosed?: (segment: number) => void;
  /** Told of what failed without harm: it will be tried again. */
  readonly onProblem?: (problem: string, error: unknown) => void;
  /** Whether a record has to be written on a full disk, too, because it makes room. Default: none has. */
  readonly isEssential?: (ops: readonly Operation[]) => boolean;
  /** A segment that has grown to this size is closed. Default 16 MiB. */
  readonly segmentBytes?: number;
}

/** Operations that are decided on when it is their turn, because others that came before them matter to them. */
export interface Decision<Operation> {
  /** Whether this operation has to be applied before it can be decided. */
  readonly dependsOn: (operation: Operation) => boolean;
  /**
   * Called in the step in which the record is made: what it sees is so until the record is applied, but for what
   * it does not depend on. Returns none for no record, and throws to refuse.
   */
  readonly decide: () => readonly Operation[];
}

interface Waiting<Operation> extends Decision<Operation> {
  readonly actor: Actor;
  readonly resolve: (record: JournalRecord<Operation> | undefined) => void;
  readonly reject: (error: unknown) => void;
}

interface Pending<Operation> extends Omit<Waiting<Operation>, keyof Decision<Operation>> {
  readonly ops: readonly Operation[];
}

const SEGMENT_BYTES = 16 << 20;
const BATCH_RECORDS = 1000;

/**
 * The append-only log of everything that changed. A record counts when it is on the disk; records that
 * arrive while others are being written share the next fsync (group commit).
 */
export class Journal<Operation> {
  readonly #options: JournalOptions<Operation>;
  readonly #ballast: Ballast;
  #segment: SegmentWriter;
  #seq: number;
  #queue: Waiting<Operation>[] = [];
  #writing: Promise<void> | undefined;
  /** What is on its way to the disk, and when that is over. */
  #batch: { readonly records: readonly Pending<Operation>[]; readonly over: Promise<void> } | undefined;
  #closed = false;
  #syncs = 0;

  private constructor(
    options: JournalOptions<Operation>,
    ballast: Ballast,
    segment: SegmentWriter,
    seq: number,
  ) {
    this.#options = options;
    this.#ballast = ballast;
    this.#segment = segment;
    this.#seq = seq;
  }

  /**
   * Replays what the checkpoint does not cover and opens the last segment for appending.
   *
   * @returns the journal, the bytes that were replayed, and the torn record that was set aside, if any
   * @throws RegistryError JOURNAL_DAMAGED; the folder is then as it was
   */
  static async open<Operation>(options: JournalOptions<Operation>): Promise<{
    journal: Journal<Operation>;
    replayedBytes: number;
    torn?: { path: string | undefined; bytes: number };
  }> {
    const { folder, after, apply, onProblem } = options;
    await makeFolder(folder);
    const segments = await segmentsAfter(folder, after.segment);

    let seq = after.seq;
    let position = 0;
    let replayedBytes = 0;
    let tornEnd: (SegmentEnd & { path: string }) | undefined;
    for (const { number, isLast } of segments) {
      const path = segmentPath(folder, number);
      const end = await readSegment<Operation>(path, { after: seq, mayBeTorn: isLast }, (record) => {
        if (record.seq !== seq + 1) throw new Error(`record ${record.seq} follows record ${seq}`);
        seq = record.seq;
        apply(record);
      });
      position = end.bytes;
      replayedBytes += end.bytes;
      if (end.tornBytes > 0) tornEnd = { path, ...end };
    }
    if (seq < (options.atLeast ?? 0)) {
      const what = `it ends with record ${seq}, but there was a record ${options.atLeast} before`;
      throw journalDamaged(dirname(folder), what, { detail: { seq, expected: options.atLeast } });
    }
    const torn = tornEnd && { path: await setAside(tornEnd.path, tornEnd.bytes), bytes: tornEnd.tornBytes };

    await removeUnfinished(folder);
    const number = segments.at(-1)?.number ?? after.segment + 1;
    const ballast = await Ballast.open(folder, onProblem);
    const segment =
      position > 0
        ? await SegmentWriter.open(folder, number, position, onProblem)
        : await beginSegment(folder, number, ballast, onProblem);
    const journal = new Journal(options, ballast, segment, seq);
    void ballast.keepUp();
    return torn === undefined ? { journal, replayedBytes } : { journal, replayedBytes, torn };
  }

  /** Sequence number of the last record that is durable and applied. */
  get seq(): number {
    return this.#seq;
  }

  /** Number of the segment that is being written. */
  get segment(): number {
    return this.#segment.number;
  }

  /** How many times records were made durable: fewer than records when clients push side by side. */
  get syncs(): number {
    return this.#syncs;
  }

  /**
   * Resolves when the record is durable and applied.
   *
   * @throws the file system's error; the operations then did not happen
   */
  async append(actor: Actor, ops: readonly Operation[]): Promise<JournalRecord<Operation>> {
    const record = await this.decide(actor, { dependsOn: () => false, decide: () => ops });
    if (record === undefined) throw new Error('a record needs operations');
    return record;
  }

  /**
   * As `append`, with what is decided when all records that it depends on are applied. Those that came
   * before it may share its write; none that came after it is applied before it.
   *
   * @returns undefined if nothing was to be done
   * @throws what `decide` throws
   */
  decide(actor: Actor, decision: Decision<Operation>): Promise<JournalRecord<Operation> | undefined> {
    if (this.#closed) return Promise.reject(new RegistryError('UNAVAILABLE', 'The registry is stopping.'));
    return new Promise((resolve, reject) => {
      this.#queue.push({ actor, ...decision, resolve, reject });
      this.#writing ??= this.#writeQueue();
    });
  }

  /** Whether such an operation is decided on, and on its way to the disk. */
  isWriting(isMeant: (operation: Operation) => boolean): boolean {
    return this.#batch?.records.some(({ ops }) => ops.some(isMeant)) ?? false;
  }

  /** Resolves when none is any more: it is applied then, or has failed. */
  async settle(isMeant: (operation: Operation) => boolean): Promise<void> {
    while (this.isWriting(isMeant)) await this.#batch?.over;
  }

  /** Writes what was accepted, then closes the file. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#writing;
    await this.#ballast.close();
  }

  async #writeQueue(): Promise<void> {
    try {
      while (this.#queue.length > 0) {
        const records = this.#nextBatch();
        const over = this.#commit(records);
        this.#batch = { records, over };
        await over;
        this.#batch = undefined;
        if (this.#segment.position >= (this.#options.segmentBytes ?? SEGMENT_BYTES)) await this.#rotate();
        if (this.#queue.length === 0) await this.#segment.rest();
      }
    } finally {
      // In the same step as the last look at the queue: nothing may come between that could add to it, or
      // a record would wait for the next one to come along.
      this.#writing = undefined;
    }
  }

  /** As many as can be written together: what depends on one of them comes with the next write. */
  #nextBatch(): Pending<Operation>[] {
    const batch: Pending<Operation>[] = [];
    let taken = 0;
    for (const { dependsOn, decide, ...pending } of this.#queue) {
      if (batch.length === BATCH_RECORDS || batch.some(({ ops }) => ops.some(dependsOn))) break;
      taken += 1;
      try {
        const ops = decide();
        if (ops.length > 0) batch.push({ ...pending, ops });
        else pending.resolve(undefined);
      } catch (error) {
        pending.reject(error);
      }
    }
    this.#queue.splice(0, taken);
    return batch;
  }

  /** Writes records together. When that fails, those who wait for them are told so. */
  async #commit(batch: readonly Pending<Operation>[]): Promise<void> {
    for (let pending = batch; pending.length > 0;) {
      const batchSeq = this.#seq + 1;
      const records = pending.map(({ actor, ops }, index) => ({
        seq: batchSeq + index,
        batch: batchSeq,
        time: Date.now(),
        actor,
        ops,
      }));
      try {
        await this.#write(records);
      } catch (error) {
        const again = await this.#rescue(pending, error);
        for (const each of pending) if (!again.has(each)) each.reject(error);
        pending = [...again];
        continue;
      }
      for (const [index, record] of records.entries()) {
        const preparing = this.#options.prepare?.(record);
        if (preparing !== undefined) await preparing;
        this.#seq = record.seq;
        this.#options.apply(record);
        pending[index]?.resolve(record);
      }
      return;
    }
  }

  /** What is worth another attempt: on a full disk, the records that make room. The ballast makes way for them. */
  async #rescue(
    pending: readonly Pending<Operation>[],
    error: unknown,
  ): Promise<ReadonlySet<Pending<Operation>>> {
    if (!isDiskFull(error)) return new Set();
    const essential = pending.filter(({ ops }) => this.#options.isEssential?.(ops) ?? false);
    // Without the others there may be room for them as it is.
    const hasRoom = essential.length < pending.length || (await this.#ballast.release());
    return new Set(hasRoom ? essential : []);
  }

  async #write(records: readonly JournalRecord<Operation>[]): Promise<void> {
    await this.#segment.append(await new Pace().walk(encodeAll(records)));
    this.#syncs += 1;
  }

  /** Starts the next segment. When that fails the present one simply grows on until it succeeds. */
  async #rotate(): Promise<void> {
    const { folder, onClosed, onProblem } = this.#options;
    const closed = this.#segment;
    try {
      this.#segment = await SegmentWriter.create(folder, closed.number + 1, onProblem);
      await closed.rest();
      onClosed?.(closed.number);
    } catch (error) {
      onProblem?.('could not begin a new segment of the journal', error);
    }
  }
}

function* encodeAll(records: readonly JournalRecord[]): Steps<Buffer> {
  const parts: Buffer[] = [];
  for (const record of records) parts.push(...(yield* encodeRecord(record)));
  return Buffer.concat(parts);
}

/** The first segment, or one that a crash left without its first line. There is nothing to lose in it. */
async function beginSegment(
  folder: string,
  number: number,
  ballast: Ballast,
  onProblem: JournalOptions<never>['onProblem'],
): Promise<SegmentWriter> {
  for (;;) {
    try {
      return await SegmentWriter.create(folder, number, onProblem);
    } catch (error) {
      if (!isDiskFull(error) || !(await ballast.release())) throw error;
    }
  }
}
