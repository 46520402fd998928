import type { Router } from '@koa/router';
import { RegistryError } from '../error.ts';
import type { BudgetPlan } from '../retention/budget-plan.ts';
import { describeReason } from '../retention/reason.ts';
import type { RetainerReport, Retainer } from '../retention/retainer.ts';
import type { Decision } from '../retention/retention-decisions.ts';
import type { RetentionPlan } from '../retention/retention-plan.ts';
import { readRuleUsage } from '../retention/rule-usage.ts';
import { explain } from '../retention/why.ts';
import { json, longJson } from '../http/json.ts';
import { markRead, query } from '../http/request.ts';
import { readRepository, type Store } from '../images/store.ts';
import { isDigest, parseReference } from '../reference.ts';
import { parseSettings } from '../settings.ts';
import { iso } from '../time.ts';
import { optional, readFields } from './body.ts';
import type { BudgetPreview, RetentionDecision, RetentionPreview, RetentionResult, Why } from './contract.ts';
import { flag, repositoryQuery } from './query.ts';

/** What goes by rule, what stays and why. docs/retention.md */
export function retentionRoutes(router: Router, store: Store, retainer: Retainer): void {
  router.get('/api/retention', async (ctx) => {
    const only = query(ctx, 'repository') === undefined ? undefined : repositoryQuery(ctx);
    if (only !== undefined) readRepository(store, only);
    const { rules, budget } = await retainer.plan(only);
    const withStays = only !== undefined || flag(ctx, 'stays');
    const preview: RetentionPreview = {
      ...previewRules(rules),
      byRule: await readRuleUsage(store, rules.deletions),
      ...(withStays ? { stays: rules.stays.map((each) => describe(each)) } : {}),
      budget: previewBudget(budget),
    };
    await longJson(ctx, preview);
  });

  /** Answers when it is done; a client that goes away does not stop it. */
  router.post('/api/retention', async (ctx) => {
    const fields = await readFields(ctx, ['dryRun', 'retention']);
    const dryRun = optional<boolean>(fields, 'dryRun', 'boolean') ?? flag(ctx, 'dry-run');
    if (dryRun) markRead(ctx);
    const { retention } = parseSettings({ retention: fields['retention'] });
    if (!dryRun && retention === undefined) return json(ctx, resultOf(await retainer.run()));
    if (!dryRun)
      throw new RegistryError('REQUEST_INVALID', 'Other rules can only be planned: add "dryRun":true.');
    const { rules, budget } = await retainer.plan(undefined, retention);
    const byRule = await readRuleUsage(store, rules.deletions);
    await longJson(ctx, { ...previewRules(rules), byRule, budget: previewBudget(budget) });
  });

  router.get('/api/why', async (ctx) => {
    const repository = repositoryQuery(ctx);
    const asked = query(ctx, 'reference') ?? '';
    const reference = asked === '' ? undefined : parseReference(asked);
    const { kept, deleted = false, reasons } = await explain(store, repository, reference);
    const separator = reference !== undefined && isDigest(reference) ? '@' : ':';
    const name = reference === undefined ? repository : `${repository}${separator}${reference}`;
    const why: Why = { reference: name, kept, deleted, reasons };
    json(ctx, why);
  });
}

function previewRules({ time, deletions, bytes, staysByReason }: RetentionPlan) {
  return {
    time: iso(time),
    deletions: deletions.flatMap(({ decisions, manifests, bytes: freed }) =>
      // What goes with a manifest goes with the first of its tags.
      decisions.map((each, index) =>
        describe(each, index === 0 ? manifests.length : 0, index === 0 ? freed : 0),
      ),
    ),
    bytes,
    staysByReason: Array.from(staysByReason, ([reason, count]) => ({ reason, count })),
  };
}

function describe(decision: Decision, manifests?: number, bytes?: number): RetentionDecision {
  const { repository, tag, digest, reason } = decision;
  const text = describeReason(reason);
  const plain = { repository, tag: tag ?? null, digest, reason: text };
  return manifests === undefined || bytes === undefined ? plain : { ...plain, manifests, bytes };
}

function previewBudget({ limit, used, steps, bytes, short }: BudgetPlan): BudgetPreview {
  const deletions = steps.map(({ kind, repository, digest, tags, since, bytes: freed }) => ({
    kind,
    repository,
    digest,
    tags,
    since: iso(since),
    bytes: freed,
  }));
  return { limit, used, deletions, bytes, short };
}

function resultOf({ rules, budget }: RetainerReport): RetentionResult {
  const { limit, tags, manifests, bytes, short } = budget;
  return { ...rules, budget: { limit, tags, manifests, bytes, short } };
}
