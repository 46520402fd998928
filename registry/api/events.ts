import type { Router } from '@koa/router';
import { RegistryError } from '../error.ts';
import { json, longJson } from '../http/json.ts';
import { query } from '../http/request.ts';
import type { Activity } from './activity.ts';
import { EVENT_TYPES, type EventType } from './events/event-stream.ts';
import { numberQuery } from './query.ts';
import { RANGES } from './transfers/throughput.ts';

const LINES = 200;

/** What happens now, and what happened a moment ago. */
export function eventRoutes(router: Router, activity: Activity): void {
  const { events, transfers, throughput, lines } = activity;

  router.get('/api/events', (ctx) => {
    const types = parseTypes(query(ctx, 'types'));
    if (events.isClosed) throw new RegistryError('UNAVAILABLE', 'The registry is stopping.');
    ctx.set({ 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' });
    ctx.status = 200;
    if (ctx.method === 'HEAD') return;
    ctx.respond = false;
    ctx.flushHeaders();
    events.connect(ctx.res, types, ctx.get('Last-Event-ID') || undefined);
  });

  router.get('/api/transfers', async (ctx) => longJson(ctx, { transfers: transfers.all() }));

  router.get('/api/throughput', (ctx) => {
    const asked = query(ctx, 'range') ?? 'minute';
    const range = RANGES.find((each) => each === asked);
    if (range === undefined) {
      throw new RegistryError('REQUEST_INVALID', `?range= must be one of ${RANGES.join(', ')}.`);
    }
    json(ctx, throughput.read(range));
  });

  router.get('/api/log', async (ctx) => {
    await longJson(ctx, { lines: lines.last(numberQuery(ctx, 'limit') ?? LINES) });
  });
}

/** @throws RegistryError REQUEST_INVALID */
function parseTypes(text: string | undefined): ReadonlySet<EventType> {
  if (text === undefined) return new Set(EVENT_TYPES);
  return new Set(
    text.split(',').map((each) => {
      const type = EVENT_TYPES.find((known) => known === each);
      if (type !== undefined) return type;
      throw new RegistryError('REQUEST_INVALID', `?types= may name ${EVENT_TYPES.join(', ')}.`);
    }),
  );
}
