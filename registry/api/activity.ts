import type { LedgerRecord } from '../catalog/ledger.ts';
import type { Store } from '../images/store.ts';
import type { Job, LogLine } from './contract.ts';
import { EventStream } from './events/event-stream.ts';
import { Throttle } from './events/throttle.ts';
import type { Jobs } from './jobs.ts';
import type { LogLines } from './log-lines.ts';
import { ThroughputMeter } from './transfers/throughput.ts';
import { Transfers } from './transfers/transfers.ts';

export interface ActivityParts {
  readonly store: Store;
  readonly jobs: Jobs;
  readonly lines: LogLines;
  readonly version: string;
}

const SAMPLE_MS = 1000;
const LINES_MS = 250;
/** Of those that came meanwhile; the rest is asked for with `GET /api/log`. */
const MOST_LINES = 200;
/** Characters. A longer result is asked for with `GET /api/jobs/<id>`. */
const LONGEST_RESULT = 64 << 10;

/** Finds out what happens in the registry, and tells those who read the events. */
export class Activity {
  readonly events: EventStream;
  readonly throughput = new ThroughputMeter();
  readonly transfers: Transfers;
  readonly lines: LogLines;
  readonly #seq: () => number;
  readonly #jobs = new Throttle<Job>((jobs) => {
    for (const [id, job] of jobs) this.events.publish({ type: 'job', job: abridge(job) }, `job ${id}`);
  });
  #newLines: LogLine[] = [];
  #linesTimer: NodeJS.Timeout | undefined;
  #samples: NodeJS.Timeout | undefined;

  constructor({ store, jobs, lines, version }: ActivityParts) {
    const { ledger, settings } = store;
    this.events = new EventStream(version);
    this.lines = lines;
    this.#seq = () => ledger.journal.seq;
    this.transfers = new Transfers(ledger.catalog, this.throughput, (transfer) => {
      if (!this.events.wants('transfer')) return;
      this.events.publish({ type: 'transfer', transfer: transfer.describe() }, `transfer ${transfer.id}`);
    });
    ledger.subscribe((record) => this.#changed(record));
    settings.subscribe(() => this.events.publish({ type: 'settings' }, 'settings'));
    jobs.subscribe((job) => {
      if (this.events.wants('job')) this.#jobs.put(job.id, job);
    });
    lines.listen((line) => this.#logged(line));
    this.events.watch(() => this.#sample());
  }

  /** What was not known before is, although nothing has changed. */
  announce(repository: string): void {
    this.events.publish({ type: 'changed', change: this.#seq(), repositories: [repository] });
  }

  announceDisk(): void {
    this.events.publish({ type: 'disk' }, 'disk');
  }

  close(): void {
    this.events.close();
    this.transfers.close();
    this.#jobs.close();
    clearTimeout(this.#linesTimer);
  }

  #changed({ seq, ops }: LedgerRecord): void {
    if (!this.events.wants('changed')) return;
    const repositories = new Set<string>();
    for (const each of ops) {
      // A blob alone is nothing that anybody could see.
      if ('repository' in each && each.op !== 'blob.link') repositories.add(each.repository);
    }
    if (repositories.size === 0) return;
    this.events.publish({ type: 'changed', change: seq, repositories: [...repositories] });
  }

  #logged(line: LogLine): void {
    if (!this.events.wants('log')) return;
    this.#newLines.push(line);
    if (this.#newLines.length > MOST_LINES) this.#newLines.shift();
    this.#linesTimer ??= setTimeout(() => {
      this.#linesTimer = undefined;
      const lines = this.#newLines;
      this.#newLines = [];
      this.events.publish({ type: 'log', lines });
    }, LINES_MS).unref();
  }

  /** Once a second, while somebody wants to know. */
  #sample(): void {
    if (!this.events.wants('throughput')) {
      clearInterval(this.#samples);
      this.#samples = undefined;
      return;
    }
    if (this.#samples !== undefined) return;
    let from = Date.now();
    this.#samples = setInterval(() => {
      // Timers are late by a little each time: no second is to be left out for that.
      for (const sample of this.throughput.since(from)) this.events.publish({ type: 'throughput', sample });
      from = Date.now();
    }, SAMPLE_MS).unref();
  }
}

function abridge(job: Job): Job {
  if (job.result === undefined || JSON.stringify(job.result).length <= LONGEST_RESULT) return job;
  const { result: _, ...rest } = job;
  return rest;
}
