import type { Router } from '@koa/router';
import type { Context } from 'koa';
import { deleteTargets, planDeletions, type Target } from '../collector/deletions.ts';
import { RegistryError } from '../error.ts';
import { json, longJson } from '../http/json.ts';
import { actorOf, markRead } from '../http/request.ts';
import type { Store } from '../images/store.ts';
import { isDigest, parseName, parseReference } from '../reference.ts';
import { DAY_MS, iso } from '../time.ts';
import { checkMembers, isFields, optional, readFields, required } from './body.ts';
import type { Deletion, DeletionPlan } from './contract.ts';

/** More than anybody selects; a whole repository is one. */
const MOST_TARGETS = 10_000;

/** Many things at once: what would go, and one record that does it. */
export function deletionRoutes(router: Router, store: Store): void {
  router.post('/api/deletions/plan', async (ctx) => {
    markRead(ctx);
    const { tags, going, attached, bytes, refused } = planDeletions(store, await readTargets(ctx));
    const plan: DeletionPlan = {
      tags,
      manifests: going.size,
      attached,
      bytes,
      restorableUntil: iso(Date.now() + store.settings.current.undoDays * DAY_MS),
      refused: refused.map(({ target, error }) => ({ reference: nameOf(target), reason: error.message })),
    };
    await longJson(ctx, plan);
  });

  router.post('/api/deletions', async (ctx) => {
    const deletion: Deletion = await deleteTargets(store, await readTargets(ctx), actorOf(ctx));
    json(ctx, deletion);
  });
}

async function readTargets(ctx: Context): Promise<Target[]> {
  const references: unknown = (await readFields(ctx, ['references']))['references'];
  if (!Array.isArray(references) || references.length > MOST_TARGETS) {
    throw new RegistryError('REQUEST_INVALID', `"references" must be a list of at most ${MOST_TARGETS}.`);
  }
  return references.map((each: unknown) => {
    if (!isFields(each)) {
      throw new RegistryError('REQUEST_INVALID', 'Each of "references" must be {"repository", "reference"}.');
    }
    checkMembers(each, ['repository', 'reference']);
    const reference = optional<string>(each, 'reference', 'string');
    return {
      repository: parseName(required(each, 'repository')),
      reference: reference === undefined ? undefined : parseReference(reference),
    };
  });
}

function nameOf({ repository, reference }: Target): string {
  if (reference === undefined) return repository;
  return `${repository}${isDigest(reference) ? '@' : ':'}${reference}`;
}
