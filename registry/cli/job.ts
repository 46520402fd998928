import type { Job } from '../api/contract.ts';
import type { Client } from './client.ts';

/**
 * Waits for a job, shows its progress on a terminal, and cancels it when the user presses Ctrl-C.
 *
 * @param left what a cancelled one leaves, for people
 */
export async function followJob<Result>(
  client: Client,
  started: Job,
  unit: string,
  left = 'What was done until then stays done.',
): Promise<Result> {
  const path = `/api/jobs/${started.id}`;
  const cancel = (): void => void client.request('DELETE', path).catch(() => undefined);
  process.once('SIGINT', cancel);
  try {
    let job = started;
    while (job.state === 'running') {
      showProgress(job, unit);
      job = await client.json<Job>(`${path}?wait=${process.stderr.isTTY ? 1 : 20}`);
    }
    if (process.stderr.isTTY) process.stderr.write('\r\u001B[K');
    if (job.state === 'done') return job.result as Result;
    throw new Error(job.state === 'cancelled' ? `Cancelled. ${left}` : job.error);
  } finally {
    process.off('SIGINT', cancel);
  }
}

function showProgress({ done, total }: Job, unit: string): void {
  if (!process.stderr.isTTY || total === 0) return;
  process.stderr.write(`\r\u001B[K${done} of ${total} ${unit}`);
}
