import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { Readable } from 'node:stream';
import { openArchive } from '../registry/index.ts';
import type { ImportResult, Job, StagedImport } from '../registry/api/contract.ts';
import { messageOf, type Api } from './api.ts';
import { upload } from './upload.ts';

const READ_BYTES = 256 << 10;
const WAIT_SECONDS = 20;

export interface Progress {
  readonly signal: AbortSignal;
  report(done: number, total: number | null): void;
}

/**
 * Sends an archive, or the folder of an OCI layout, to the registry, which reads it and says what is inside. Nothing of
 * it can be pulled yet.
 */
export async function stageFile(api: Api, path: string, { signal, report }: Progress): Promise<StagedImport> {
  const url = api.urlOf(`/api/imports?name=${encodeURIComponent(basename(path))}`);
  const { size, content } = await openContent(path);
  report(0, size);
  const { status, body } = await upload({
    url,
    token: api.token,
    body: content,
    size,
    signal,
    onProgress: (done) => report(done, size),
  });
  if (status === 201) return JSON.parse(body) as StagedImport;
  throw new Error(messageOf(body) ?? `The registry answered with ${status}.`);
}

async function openContent(path: string): Promise<{ size: number; content: Readable }> {
  const found = await stat(path);
  if (found.isDirectory()) {
    const { bytes: size = 0, read } = await openArchive(path);
    return { size, content: Readable.from(read(), { objectMode: false }) };
  }
  if (!found.isFile()) {
    throw new Error(`${basename(path)} is no archive. Import what docker save makes, or an OCI layout.`);
  }
  const { size } = found;
  if (size === 0) throw new Error(`${basename(path)} is empty.`);
  return { size, content: createReadStream(path, { highWaterMark: READ_BYTES, end: size - 1 }) };
}

/** Whether a person should look first: something has no name, or would take a tag from another image. */
export function needsReview({ images }: StagedImport): boolean {
  return images.some(({ references, replaces }) => references.length === 0 || replaces.length > 0);
}

/**
 * Puts all that was staged into the registry, under the names that it has in the archive. Where that fails nothing of
 * it stays: nobody would come back for it.
 */
export async function finishImport(api: Api, id: string, signal: AbortSignal): Promise<ImportResult> {
  try {
    const job = await endOf(api, await api.post<Job>(`/api/imports/${id}`, {}), signal);
    if (job.state === 'done') return job.result as ImportResult;
    throw new Error(job.error ?? 'The import was cancelled.');
  } catch (error) {
    await api.delete(`/api/imports/${id}`).catch(() => undefined);
    throw error;
  }
}

/** Waits for the end of a job. The signal cancels it, which is an end as well. */
async function endOf(api: Api, job: Job, signal: AbortSignal): Promise<Job> {
  const path = `/api/jobs/${job.id}`;
  // If that cannot be done the job goes on, and is waited for.
  const cancel = (): void => void api.delete(path).catch(() => undefined);
  signal.addEventListener('abort', cancel);
  if (signal.aborted) cancel();
  try {
    let last = job;
    while (last.state === 'running') last = await api.get<Job>(`${path}?wait=${WAIT_SECONDS}`);
    return last;
  } finally {
    signal.removeEventListener('abort', cancel);
  }
}
