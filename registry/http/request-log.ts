import type { Context, Middleware } from 'koa';
import type { Log } from '../log.ts';
import { clientOf, isLooking, isRead } from './request.ts';

export interface RequestFacts {
  readonly method: string;
  readonly status: number;
  readonly ms: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
}

/** One line and one count for each request, when its answer has left. */
export function requestLog(log: Log, count: (facts: RequestFacts) => void): Middleware {
  return async (ctx, next) => {
    const started = performance.now();
    const { socket } = ctx.req;
    const writtenBefore = socket.bytesWritten;
    const left = new Promise<void>((resolve) => ctx.res.once('close', resolve));
    const report = (): void => {
      const ms = performance.now() - started;
      const bytesIn = typeof ctx.state['bytesIn'] === 'number' ? ctx.state['bytesIn'] : 0;
      const length = ctx.method === 'HEAD' ? 0 : (ctx.response.length ?? 0);
      const isComplete = ctx.res.writableFinished;
      const bytesOut = isComplete ? length : Math.min(length, socket.bytesWritten - writtenBefore);
      count({ method: ctx.method, status: ctx.status, ms, bytesIn, bytesOut });
      const level = isOwnRead(ctx) ? 'debug' : 'info';
      log[level](`${ctx.method} ${ctx.path}`, {
        method: ctx.method,
        path: ctx.path,
        status: ctx.status,
        repository: ctx.state['repository'],
        digest: ctx.state['digest'],
        bytesIn,
        bytesOut,
        ms: Math.round(ms * 10) / 10,
        client: clientOf(ctx),
        complete: isComplete ? undefined : false,
      });
    };
    try {
      await next();
    } finally {
      // Both: a client may go before we are done with its request, and what was done is known only then.
      left.then(report).catch((error: unknown) => log.error('could not log a request', { error }));
    }
  };
}

/** Window and command line ask all the time: what they read would bury what clients did. */
function isOwnRead(ctx: Context): boolean {
  return isRead(ctx) && ctx.status < 400 && isLooking(ctx);
}
