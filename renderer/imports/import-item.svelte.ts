import type { ImportResult, Job, StagedImage, StagedImport } from '../../registry/api/contract.ts';
import { ask, post, sentenceOf } from '../state/api.ts';
import { jobs } from '../state/jobs.svelte.ts';
import { undo } from '../state/undo.svelte.ts';
import { counted } from '../components/format.ts';

export type ImportState = 'waiting' | 'reading' | 'staged' | 'importing' | 'done' | 'failed' | 'cancelled';

/** One archive on its way in: read, looked at, imported. */
export class ImportItem {
  readonly name: string;
  state = $state<ImportState>('waiting');
  /** Bytes of the archive that have been read. */
  done = $state(0);
  total = $state(0);
  staged = $state.raw<StagedImport>();
  result = $state.raw<ImportResult>();
  /** It was imported, and taken back. */
  undone = $state(false);
  /** For people. */
  error = $state<string>();
  /** What each image is to be called, by digest; several names with a space or a comma between. */
  names = $state<Record<string, string>>({});
  #startedAt = 0;
  /** Ends the reading. */
  stop: () => void = () => undefined;
  /** Reads it once more, where what is to be read is still known. */
  again: (() => void) | undefined;

  /** It was not read by this window. */
  readonly isFound: boolean;

  constructor(name: string, total: number, isFound = false) {
    this.name = name;
    this.total = total;
    this.isFound = isFound;
  }

  /** One that waits in the registry. */
  static found(staged: StagedImport): ImportItem {
    const item = new ImportItem(staged.name || 'An archive without a name', staged.bytes, true);
    item.stage(staged);
    return item;
  }

  /** The registry's, once it has been read. */
  get id(): string | undefined {
    return this.staged?.id;
  }

  get speed(): number {
    const seconds = (performance.now() - this.#startedAt) / 1000;
    return this.done > 0 && seconds > 0.5 ? this.done / seconds : 0;
  }

  get ended(): boolean {
    return ['done', 'failed', 'cancelled'].includes(this.state);
  }

  /** Those that have a name, which are those that are imported. */
  get chosen(): readonly { readonly digest: string; readonly references: readonly string[] }[] {
    return (this.staged?.images ?? []).flatMap(({ digest }) => {
      const references = (this.names[digest] ?? '').split(/[\s,]+/).filter(Boolean);
      return references.length > 0 ? [{ digest, references }] : [];
    });
  }

  /** It has its turn. */
  begin(): void {
    this.#startedAt = performance.now();
    this.state = 'reading';
  }

  /** To have its turn once more. */
  reset(): void {
    this.state = 'waiting';
    this.done = 0;
    this.staged = undefined;
    this.error = undefined;
  }

  stage(staged: StagedImport): void {
    this.staged = staged;
    this.names = Object.fromEntries(staged.images.map((image) => [image.digest, namesOf(image)]));
    this.state = 'staged';
  }

  fail(error: unknown): void {
    this.error = sentenceOf(error);
    this.state = 'failed';
  }

  /** Of the journal; none if everything was there already. */
  get changes(): readonly number[] {
    const change = this.result?.change ?? null;
    return change === null ? [] : [change];
  }

  async takeBack(): Promise<void> {
    for (const change of this.changes) await post('/api/undo', { change });
    this.undone = true;
  }

  async import(): Promise<void> {
    if (await this.bringIn()) offerToTakeBack([this]);
  }

  /** Imports it without a word; false if that failed, which it says itself. */
  async bringIn(): Promise<boolean> {
    const { staged, chosen } = this;
    if (staged === undefined || this.state !== 'staged' || chosen.length === 0) return false;
    this.state = 'importing';
    this.error = undefined;
    try {
      const started = await post<Job>(`/api/imports/${encodeURIComponent(staged.id)}`, { images: chosen });
      const job = await jobs.ended(started.id);
      if (job.state !== 'done') throw new Error(job.error ?? 'The import was stopped.');
      this.result = job.result as ImportResult;
      this.state = 'done';
      return true;
    } catch (error) {
      // What was read is still there: a name can be corrected and tried again.
      this.error = sentenceOf(error);
      this.state = 'staged';
      return false;
    }
  }

  async discard(): Promise<void> {
    const { staged, state } = this;
    this.stop();
    this.state = 'cancelled';
    if (staged === undefined || state !== 'staged') return;
    // One that nobody asks for any more ends by itself as well.
    await ask('DELETE', `/api/imports/${encodeURIComponent(staged.id)}`).catch(() => undefined);
  }
}

const namesOf = ({ references, suggestions }: StagedImage): string =>
  (references.length > 0 ? references : suggestions).join(', ');

/** Says that they were imported, which is taken back as a whole. */
export function offerToTakeBack(items: readonly ImportItem[]): void {
  const images = items.reduce((sum, { chosen }) => sum + chosen.length, 0);
  const changed = items.filter(({ changes }) => changes.length > 0);
  const takeBack = async () => {
    for (const item of changed.toReversed()) await item.takeBack();
  };
  const changes = changed.flatMap((item) => item.changes);
  undo.offer(`Imported ${counted(images, 'image')}`, changes.length > 0 ? takeBack : null, changes);
}
