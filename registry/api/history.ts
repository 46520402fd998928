import type { Router } from '@koa/router';
import type { Context } from 'koa';
import type { Catalog } from '../catalog/catalog.ts';
import type { TagEvent } from '../catalog/history.ts';
import { putBack } from '../collector/put-back.ts';
import { previewRestore, type TagPlace } from '../collector/restore-preview.ts';
import {
  parseRestorePoint,
  readLastPlace,
  restore,
  summarize,
  undo,
  type RestorePoint,
} from '../collector/undo.ts';
import { findRefusal } from '../collector/undo-refusal.ts';
import { RegistryError } from '../error.ts';
import { json } from '../http/json.ts';
import { actorOf, markRead } from '../http/request.ts';
import type { Store } from '../images/store.ts';
import { Pace } from '../pace.ts';
import { parseDigest, parseName, parseTag } from '../reference.ts';
import { DAY_MS, iso } from '../time.ts';
import { optional, readFields, required, type Fields } from './body.ts';
import type { ChangeSummary, HistoryEvent, RestorePlan } from './contract.ts';
import { numberQuery, repositoryQuery, tagQuery } from './query.ts';

/** What says what is to be put back, and to where. */
const RESTORED = ['repository', 'tag', 'digest', 'time'];

const MOST_EVENTS = 1000;
const SORTED_AT_ONCE = 4 * MOST_EVENTS;

/** What happened, and how to take it back. */
export function historyRoutes(router: Router, store: Store): void {
  const { catalog } = store.ledger;

  router.get('/api/history', async (ctx) => {
    const limit = limitOf(ctx);
    json(ctx, { events: await readHistory(catalog, repositoryQuery(ctx), tagQuery(ctx), limit) });
  });

  router.get('/api/changes', async (ctx) => {
    const before = numberQuery(ctx, 'before') ?? Infinity;
    const changes = [...catalog.history.changes.values()]
      .filter(({ seq }) => seq < before)
      .toReversed()
      .slice(0, limitOf(ctx));
    const pace = new Pace();
    const summaries: ChangeSummary[] = [];
    for (const change of changes) {
      const { seq, time, actor, undoOf, undoneBy } = change;
      const refusal = undoneBy === undefined ? await findRefusal(store, change, pace) : undefined;
      summaries.push({
        change: seq,
        time: iso(time),
        actor,
        summary: summarize(change),
        ...(undoOf !== undefined && { undoOf }),
        ...(undoneBy !== undefined && { undoneBy }),
        ...(refusal !== undefined && { refusal }),
      });
    }
    json(ctx, { changes: summaries });
  });

  router.post('/api/restore/plan', async (ctx) => {
    markRead(ctx);
    const point = pointOf(catalog, await readFields(ctx, RESTORED));
    const { from, to, isStillHeld, restored, attached } = previewRestore(store, point);
    const { repository, tag } = point;
    const until = iso(Date.now() + store.settings.current.undoDays * DAY_MS);
    const plan: RestorePlan = {
      repository,
      tag,
      from: from === undefined ? null : placed(from),
      to: placed(to),
      untaggedUntil: isStillHeld ? null : until,
      restored,
      attached,
    };
    json(ctx, plan);
  });

  router.post('/api/undo', async (ctx) => {
    const change = optional<number>(await readFields(ctx, ['change']), 'change', 'number');
    json(ctx, await undo(store, change, actorOf(ctx)));
  });

  router.post('/api/restore', async (ctx) => {
    const fields = await readFields(ctx, RESTORED);
    if (fields['tag'] === undefined && fields['digest'] !== undefined) {
      const repository = parseName(required(fields, 'repository'));
      json(ctx, await putBack(store, repository, parseDigest(required(fields, 'digest')), actorOf(ctx)));
      return;
    }
    json(ctx, await restore(store, pointOf(catalog, fields), actorOf(ctx)));
  });
}

/** A tag alone is one that is gone. */
function pointOf(catalog: Catalog, fields: Fields): RestorePoint {
  const at = optional<string>(fields, 'digest', 'string') ?? optional<string>(fields, 'time', 'string');
  const repository = parseName(required(fields, 'repository'));
  const tag = parseTag(required(fields, 'tag'));
  return {
    repository,
    tag,
    at: at === undefined ? readLastPlace(catalog, repository, tag) : parseRestorePoint(at),
  };
}

function placed({ digest, pushedAt, size }: TagPlace): RestorePlan['to'] {
  return { digest, pushedAt: iso(pushedAt), size: size ?? null };
}

/**
 * Timelines of one tag or of all tags of a repository, the newest event first. Read in slices: there may be very
 * many tags.
 *
 * @throws RegistryError NAME_UNKNOWN if nothing ever happened there
 */
async function readHistory(
  catalog: Catalog,
  repository: string,
  tag: string | undefined,
  limit: number,
): Promise<HistoryEvent[]> {
  const timelines = catalog.history.timelines.get(repository);
  if (timelines === undefined) {
    throw new RegistryError(
      'NAME_UNKNOWN',
      `Nothing is known of a repository ${repository}. See "berth repos".`,
      {
        detail: { name: repository },
      },
    );
  }
  const pace = new Pace();
  let newest: Place[] = [];
  for (const [name, events] of tag === undefined ? timelines : [[tag, timelines.get(tag) ?? []] as const]) {
    await pace.rest();
    for (const [index, event] of events.entries()) {
      newest.push({ tag: name, event, previousSize: events[index - 1]?.size });
    }
    if (newest.length > SORTED_AT_ONCE) newest = newestFirst(newest, limit);
  }
  return newestFirst(newest, limit).map((place) => describe(catalog, repository, place));
}

/** An event in the timeline of its tag. */
interface Place {
  readonly tag: string;
  readonly event: TagEvent;
  readonly previousSize: number | undefined;
}

function newestFirst(places: readonly Place[], limit: number): Place[] {
  return places.toSorted((one, other) => other.event.seq - one.event.seq).slice(0, limit);
}

function describe(catalog: Catalog, repository: string, { tag, event, previousSize }: Place): HistoryEvent {
  const { seq, time, actor, digest, previous, size } = event;
  const live = catalog.findRepository(repository)?.manifests;
  const { manifests: trash } = catalog.trash.of(repository);
  return {
    change: seq,
    time: iso(time),
    repository,
    tag,
    digest: digest ?? null,
    previous: previous ?? null,
    size: size ?? null,
    previousSize: previousSize ?? null,
    actor,
    restorable: digest !== undefined && (live?.has(digest) === true || trash.has(digest)),
  };
}

const limitOf = (ctx: Context): number => Math.min(numberQuery(ctx, 'limit') ?? MOST_EVENTS, MOST_EVENTS);
