import { open, rm, stat, truncate, type FileHandle } from 'node:fs/promises';
import { makeFolder, replaceFile, syncFolder, writeAll } from '../disk/files.ts';
import { isDiskFull, RegistryError, systemCode } from '../error.ts';
import { encodeRecord, type Actor, type JournalRecord } from './record.ts';
import { listSegments, readSegment, segmentPath, SEGMENT_HEADER } from './segment.ts';

export interface JournalOptions<Operation> {
  readonly folder: string;
  /** The checkpoint's place: replay begins behind it. */
  readonly after: { readonly seq: number; readonly segment: number };
  /** Called once for each record, in order: at recovery, and as soon as a new record is durable. */
  readonly apply: (record: JournalRecord<Operation>) => void;
  /** Called with the number of a segment that will not change any more. */
  readonly onClosed?: (segment: number) => void;
  /** Told of what failed without harm: it will be tried again. */
  readonly onProblem?: (problem: string, error: unknown) => void;
  /** A segment that has grown to this size is closed. Default 16 MiB. */
  readonly segmentBytes?: number;
}

interface Pending<Operation> {
  readonly actor: Actor;
  readonly ops: readonly Operation[];
  readonly resolve: (record: JournalRecord<Operation>) => void;
  readonly reject: (error: unknown) => void;
}

const SEGMENT_BYTES = 16 << 20;
const BATCH_RECORDS = 1000;

/**
 * The append-only log of everything that changed. A record counts when it is on the disk; records that
 * arrive while others are being written share the next fsync (group commit).
 */
export class Journal<Operation> {
  readonly #options: JournalOptions<Operation>;
  #file: FileHandle;
  #segment: number;
  /** End of the last whole record: where the next one goes. */
  #position: number;
  #seq: number;
  #queue: Pending<Operation>[] = [];
  #writing: Promise<void> | undefined;
  #closed = false;
  /** A write failed: bytes that nobody was told of may stand behind `#position`. */
  #dirty = false;
  #syncs = 0;

  private constructor(
    options: JournalOptions<Operation>,
    end: { file: FileHandle; segment: number; position: number; seq: number },
  ) {
    this.#options = options;
    this.#file = end.file;
    this.#segment = end.segment;
    this.#position = end.position;
    this.#seq = end.seq;
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
    const { folder, after, apply } = options;
    await makeFolder(folder);
    const segments = await segmentsAfter(folder, after.segment);

    let seq = after.seq;
    let position = 0;
    let replayedBytes = 0;
    let torn: { path: string | undefined; bytes: number } | undefined;
    for (const { number, isLast } of segments) {
      const path = segmentPath(folder, number);
      const end = await readSegment<Operation>(path, { after: seq, mayBeTorn: isLast }, (record) => {
        if (record.seq !== seq + 1) throw new Error(`record ${record.seq} follows record ${seq}`);
        seq = record.seq;
        apply(record);
      });
      position = end.bytes;
      replayedBytes += end.bytes;
      if (end.tornBytes > 0) torn = { path: await setAside(path, end.bytes), bytes: end.tornBytes };
    }

    const segment = segments.at(-1)?.number ?? after.segment + 1;
    const file = await open(segmentPath(folder, segment), segments.length > 0 ? 'r+' : 'w+');
    if (position === 0) position = await writeHeader(file, folder);
    const journal = new Journal(options, { file, segment, position, seq });
    return torn === undefined ? { journal, replayedBytes } : { journal, replayedBytes, torn };
  }

  /** Sequence number of the last durable record. */
  get seq(): number {
    return this.#seq;
  }

  /** Number of the segment that is being written. */
  get segment(): number {
    return this.#segment;
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
  append(actor: Actor, ops: readonly Operation[]): Promise<JournalRecord<Operation>> {
    if (this.#closed) return Promise.reject(new RegistryError('UNAVAILABLE', 'The registry is stopping.'));
    return new Promise((resolve, reject) => {
      this.#queue.push({ actor, ops, resolve, reject });
      this.#writing ??= this.#writeQueue();
    });
  }

  /** Writes what was accepted, then closes the file. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#writing;
    await this.#cutOff();
    await this.#file.close();
  }

  async #writeQueue(): Promise<void> {
    try {
      while (this.#queue.length > 0) {
        const batch = this.#queue.splice(0, BATCH_RECORDS);
        const first = this.#seq + 1;
        const records = batch.map(({ actor, ops }, index) => ({
          seq: first + index,
          batch: first,
          time: Date.now(),
          actor,
          ops,
        }));
        try {
          await this.#write(records);
        } catch (error) {
          this.#dirty = true;
          await this.#cutOff();
          for (const { reject } of batch) reject(error);
          continue;
        }
        for (const [index, record] of records.entries()) {
          this.#options.apply(record);
          batch[index]?.resolve(record);
        }
        if (this.#position >= (this.#options.segmentBytes ?? SEGMENT_BYTES)) await this.#rotate();
      }
    } finally {
      // In the same step as the last look at the queue: nothing may come between that could add to it, or
      // a record would wait for the next one to come along.
      this.#writing = undefined;
    }
  }

  async #write(records: readonly JournalRecord<Operation>[]): Promise<void> {
    await this.#requireInPlace();
    if (this.#dirty) await this.#file.truncate(this.#position);
    const bytes = Buffer.from(records.map(encodeRecord).join(''));
    await writeAll(this.#file, [bytes], this.#position);
    await this.#file.datasync();
    this.#dirty = false;
    this.#syncs += 1;
    this.#position += bytes.length;
    this.#seq += records.length;
  }

  /** A file that was removed takes what is written to it, but nobody finds it again. */
  async #requireInPlace(): Promise<void> {
    const path = segmentPath(this.#options.folder, this.#segment);
    const [own, found] = await Promise.all([this.#file.stat(), stat(path).catch(absent)]);
    if (found?.ino === own.ino && found.dev === own.dev) return;
    throw new RegistryError(
      'DATA_FOLDER_UNUSABLE',
      `The data folder is not what it was: ${path} was moved or removed. Put it back, or start Berth again.`,
    );
  }

  /** Removes what a failed write may have left behind the last record. */
  async #cutOff(): Promise<void> {
    if (!this.#dirty) return;
    try {
      await this.#file.truncate(this.#position);
    } catch (error) {
      this.#options.onProblem?.('could not cut a failed write off the journal', error);
    }
  }

  /** Starts the next segment. When that fails the present one simply grows on until it succeeds. */
  async #rotate(): Promise<void> {
    const { folder, onClosed, onProblem } = this.#options;
    const path = segmentPath(folder, this.#segment + 1);
    try {
      const next = await createSegment(path, folder);
      const closed = { file: this.#file, segment: this.#segment };
      this.#file = next.file;
      this.#position = next.position;
      this.#segment += 1;
      await closed.file.close();
      onClosed?.(closed.segment);
    } catch (error) {
      onProblem?.('could not begin a new segment of the journal', error);
    }
  }
}

function absent(error: unknown): undefined {
  if (systemCode(error) !== 'ENOENT') throw error;
  return undefined;
}

async function createSegment(path: string, folder: string): Promise<{ file: FileHandle; position: number }> {
  const file = await open(path, 'w+');
  try {
    return { file, position: await writeHeader(file, folder) };
  } catch (error) {
    await file.close();
    await rm(path, { force: true });
    throw error;
  }
}

async function writeHeader(file: FileHandle, folder: string): Promise<number> {
  await file.truncate(0);
  const position = await writeAll(file, [Buffer.from(SEGMENT_HEADER)], 0);
  await file.datasync();
  await syncFolder(folder);
  return position;
}

/**
 * The segments to replay; they must follow the checkpoint's without a gap. The last one with a record in
 * it is the last that was written to: a crash may have left an empty one behind it.
 */
async function segmentsAfter(
  folder: string,
  checkpointed: number,
): Promise<{ number: number; isLast: boolean }[]> {
  const numbers = (await listSegments(folder)).filter((number) => number > checkpointed);
  const expected = numbers.map((_, index) => checkpointed + 1 + index);
  const gap = expected.find((number, index) => number !== numbers[index]);
  // A checkpoint is made when the next segment has begun.
  const missing = gap ?? (numbers.length === 0 && checkpointed > 0 ? checkpointed + 1 : undefined);
  if (missing !== undefined) {
    throw new RegistryError(
      'JOURNAL_DAMAGED',
      `The journal is damaged: ${segmentPath(folder, missing)} is missing. Nothing was changed. ` +
        'Restore that file from a backup of the data folder, or choose another folder with --data.',
    );
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
async function setAside(path: string, wholeBytes: number): Promise<string | undefined> {
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
