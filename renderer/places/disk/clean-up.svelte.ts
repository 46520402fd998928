import type { Job, ReclaimPreview, ReclaimResult } from '../../../registry/api/contract.ts';
import { get, post } from '../../state/api.ts';
import { jobs } from '../../state/jobs.svelte.ts';
import { formatSize } from '../../components/format.ts';
import { Resource } from '../../state/resource.svelte.ts';
import { toasts } from '../../state/toasts.svelte.ts';

/**
 * Getting the disk back: first what would go, then the deed, then what was measured. It goes on if its dialog is
 * closed or the window is read anew; whoever opens it then sees where it is.
 */
export class CleanUp {
  open = $state(false);
  emptyTrash = $state(false);
  preview = $state.raw<Resource<ReclaimPreview>>();
  /** The job of this window, with its result once it has ended. */
  job = $state.raw<Job>();
  error = $state.raw<unknown>();

  /** One that frees the disk now, whoever asked for it. */
  get running(): Job | undefined {
    return jobs.running.find(({ kind }) => kind === 'reclaim');
  }

  get result(): ReclaimResult | undefined {
    return this.job?.state === 'done' ? (this.job.result as ReclaimResult) : undefined;
  }

  show(): void {
    this.open = true;
    this.error = undefined;
    this.emptyTrash = false;
    const { running } = this;
    if (running !== undefined) {
      if (running.id !== this.job?.id) void this.#await(running);
      return;
    }
    this.job = undefined;
    this.look();
  }

  close(): void {
    this.open = false;
    this.preview?.close();
    if (this.job?.state === 'running') {
      toasts.show('The clean-up goes on', { action: { label: 'Show', run: () => this.show() } });
    }
  }

  takeTrash(emptyTrash: boolean): void {
    this.emptyTrash = emptyTrash;
    this.look();
  }

  /** Asks anew what would go. */
  look(): void {
    const { emptyTrash } = this;
    const before = this.preview;
    before?.close();
    const preview = new Resource<ReclaimPreview>((signal) =>
      get<ReclaimPreview>('/_gc', { 'empty-trash': emptyTrash }, signal),
    );
    // What was shown stays until the answer is there, or the dialog would jump.
    preview.value = before?.value;
    this.preview = preview;
    void preview.refresh();
  }

  async run(): Promise<void> {
    this.error = undefined;
    try {
      await this.#await(await post<Job>('/api/reclaim', { emptyTrash: this.emptyTrash }));
    } catch (error) {
      this.job = undefined;
      this.error = error;
    }
  }

  async cancel(): Promise<void> {
    if (this.job !== undefined) await jobs.cancel(this.job.id);
  }

  /** To somebody who does not look any more. */
  #tell({ state, error }: Job): void {
    const { result } = this;
    if (result !== undefined) toasts.show(`The clean-up freed ${formatSize(result.reclaimedBytes)}`);
    else if (state === 'failed') toasts.show(error ?? 'The clean-up failed.', { tone: 'danger' });
  }

  async #await(job: Job): Promise<void> {
    this.job = job;
    jobs.take(job);
    this.job = await jobs.ended(job.id);
    if (!this.open) this.#tell(this.job);
  }
}

export const cleanUp = new CleanUp();
