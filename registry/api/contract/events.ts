import type { Job } from './jobs.ts';

/**
 * `GET /api/events`: server-sent events. `event:` is the `type`, `data:` the rest as JSON, `id:` the place in the
 * stream; with `Last-Event-ID` it goes on from there, and says `reset` when that is too long ago (or another
 * server's), after which a client reads everything again.
 */
export type ServerEvent =
  | ResetEvent
  | { readonly type: 'changed'; readonly change: number; readonly repositories: readonly string[] }
  | { readonly type: 'job'; readonly job: Job }
  | { readonly type: 'transfer'; readonly transfer: Transfer }
  | { readonly type: 'throughput'; readonly sample: ThroughputSample }
  /** Several a second are sent together; the newest last. */
  | { readonly type: 'log'; readonly lines: readonly LogLine[] }
  | { readonly type: 'settings' }
  /** `GET /api/disk` says something else than before, although no record says why. */
  | { readonly type: 'disk' };

/** The first of every stream that does not resume. */
export interface ResetEvent {
  readonly type: 'reset';
  /** Another one after every start. */
  readonly server: string;
  readonly version: string;
}

/** `GET /api/transfers`: pushes and pulls in flight, and the last 200 that ended. */
export interface Transfer {
  readonly id: string;
  readonly direction: 'push' | 'pull';
  readonly repository: string;
  /** The tag or digest, as soon as the client named it. */
  readonly reference: string | null;
  /** `docker 27.3.1`, `skopeo`, `containers/image`: from its User-Agent. */
  readonly client: string;
  readonly address: string;
  /** ISO 8601. */
  readonly startedAt: string;
  /** ISO 8601; null while it runs. */
  readonly endedAt: string | null;
  /** `stopped`: no request of it for a while and no manifest. */
  readonly state: 'running' | 'done' | 'failed' | 'stopped';
  /** For people, if it failed. */
  readonly error: string | null;
  /** In the order in which they began. */
  readonly blobs: readonly TransferBlob[];
  /** Bytes that went over the wire. */
  readonly bytes: number;
  /** Bytes that did not have to, because they were here. */
  readonly saved: number;
  /**
   * Bytes a second: over the last three seconds while it runs, and 0 when it has stood still for one or broke off; all
   * in all once it has ended.
   */
  readonly speed: number;
}

export interface TransferBlob {
  /** Null while an upload has not said it. */
  readonly digest: string | null;
  /** Bytes; null while nothing says. */
  readonly size: number | null;
  readonly done: number;
  readonly state: 'running' | 'done' | 'already here' | 'failed';
  /**
   * Bytes a second: over the last three seconds while it runs, and 0 when it has stood still for one; all in all
   * once it has ended, from its first request to the end of its last; 0 of what was already here.
   */
  readonly speed: number;
}

/** `GET /api/throughput?range=minute|hour|day`: bytes in each interval, the oldest first, without gaps. */
export interface Throughput {
  /** Of a sample: 1, 60 or 900. */
  readonly seconds: number;
  readonly samples: readonly ThroughputSample[];
}

export interface ThroughputSample {
  /** ISO 8601: its beginning. */
  readonly time: string;
  readonly pushed: number;
  readonly pulled: number;
}

/** `GET /api/log?limit=`: the last lines, the newest last. */
export interface LogLine {
  /** Counted from 1 since the start: a line that comes in an answer and as an event has the same. */
  readonly number: number;
  /** ISO 8601. */
  readonly time: string;
  readonly level: 'error' | 'warn' | 'info' | 'debug';
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}
