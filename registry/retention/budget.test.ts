import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ACTOR, DAY, Days, HOUR, MINUTE } from '../../test/domain/retention.ts';
import type { TestStore } from '../../test/domain/store.ts';
import { planBudget, type BudgetPlan } from './budget-plan.ts';
import { runBudget, type BudgetReport } from './budget.ts';
import { deleteManifest } from '../collector/deletion.ts';
import { undo } from '../collector/undo.ts';

let days: Days;
let test: TestStore;

beforeEach(async () => {
  days = await Days.begin();
  ({ test } = days);
});
afterEach(() => days.end());

function used(): number {
  return test.store.ledger.catalog.content.totalSize;
}

async function plan(): Promise<BudgetPlan> {
  return await planBudget(test.store, Date.now());
}

async function run(): Promise<BudgetReport> {
  return await runBudget(test.store, await plan());
}

/** What has to go for so many bytes less. */
async function shrinkBy(bytes: number): Promise<BudgetPlan> {
  await days.set({ budget: Math.max(1, used() - bytes) });
  return await plan();
}

function names({ steps }: BudgetPlan): string[] {
  return steps.map(
    ({ kind, repository, tags }) => `${kind} ${repository}${tags.map((tag) => `:${tag}`).join()}`,
  );
}

describe('planBudget', () => {
  it('takes nothing without a budget, nor within it', async () => {
    await days.push('app:v1');
    expect(await plan()).toMatchObject({ limit: null, steps: [], short: 0 });
    expect(await shrinkBy(0)).toMatchObject({ steps: [], short: 0 });
  });

  it('takes the trash first, then what lost its last tag, then the image used longest ago', async () => {
    await days.push('app:deleted', 'app:untagged', 'app:old', 'app:new');
    const digest = test.store.ledger.catalog.findRepository('app')?.tags.get('deleted')?.digest ?? '';
    await deleteManifest(test.store, 'app', digest, ACTOR);
    await deleteManifest(test.store, 'app', 'untagged', ACTOR);
    days.later(2 * HOUR);
    const order = ['deleted app', 'untagged app', 'image app:old', 'image app:new'];
    const least = await shrinkBy(1);
    expect(names(least)).toEqual(order.slice(0, 1));
    expect(names(await shrinkBy(least.bytes + 1))).toEqual(order.slice(0, 2));
    expect(names(await shrinkBy(used()))).toEqual(order);
  });

  it('takes the oldest pull first, and counts the push of what was never pulled', async () => {
    const pulled = await test.image('app', { tag: 'pulled' });
    await days.push('app:a', 'app:b');
    days.later(DAY);
    test.store.observations.pulled('app', pulled.digest);
    await test.store.observations.flush();
    days.later(HOUR);
    expect(names(await shrinkBy(used()))).toEqual(['image app:a', 'image app:b', 'image app:pulled']);
  });

  it('meets the budget exactly where images share layers', async () => {
    await test.image('app', { tag: 'one', layers: ['shared', 'own'], config: 'x' });
    days.later(MINUTE);
    await test.image('app', { tag: 'two', layers: ['shared'], config: 'y' });
    days.later(MINUTE);
    await test.image('other', { tag: 'three', layers: ['shared'], config: 'y' });
    days.later(2 * HOUR);

    const first = await shrinkBy(1000);
    expect(names(first)).toEqual(['image app:one']);
    const before = used();
    expect(await run()).toMatchObject({ tags: 1, manifests: 1, bytes: first.bytes });
    expect(before - used()).toBe(first.bytes);
    expect(first.bytes).toBeGreaterThan(1000);
    expect(first.bytes).toBeLessThan(2000);

    // The shared layer is free only when both of the others have gone.
    const rest = await shrinkBy(1000);
    expect(names(rest)).toEqual(['image app:two', 'image other:three']);
    await run();
    expect(used()).toBe(0);
  });

  it('leaves alone what would free nothing, because a protected image needs the same', async () => {
    await test.image('copy', { tag: 'v1', layers: ['a'], config: 'x' });
    days.later(MINUTE);
    await test.image('app', { tag: 'v1', layers: ['a'], config: 'x' });
    days.later(MINUTE);
    await days.push('app:v2');
    await days.protect('app', 'v1');
    days.later(2 * HOUR);
    expect(names(await shrinkBy(1))).toEqual(['image app:v2']);
  });

  it('takes a platform with a tag of its own after its index', async () => {
    const platform = await test.image('app', { tag: 'amd64' });
    days.later(MINUTE);
    await test.index('app', 'multi', [platform]);
    days.later(2 * HOUR);
    expect(names(await shrinkBy(used()))).toEqual(['image app:multi', 'image app:amd64']);
    await run();
    expect(used()).toBe(0);
  });

  it('takes an index with its platforms and its signature, and images that never had a tag', async () => {
    const index = await test.index('app', 'multi', [await test.image('app'), await test.image('app')]);
    await test.image('app', { subject: index });
    await test.image('app', { tag: `${index.digest.replace(':', '-')}.sig` });
    days.later(MINUTE);
    await test.image('app');
    days.later(2 * HOUR);
    const all = await shrinkBy(used());
    expect(all.steps.map(({ manifests }) => manifests.size)).toEqual([5, 1]);
    await run();
    expect(used()).toBe(0);
    expect(test.tags('app')).toEqual([]);
  });

  it('says by how much protected images alone are over the budget', async () => {
    await days.set({ retention: [{ repositories: '**', protect: ['release-*'] }] });
    await test.image('app', { tag: 'release-1', layers: ['a'] });
    await test.image('app', { tag: 'v1', layers: ['a', 'b'] });
    days.later(2 * HOUR);
    await days.set({ budget: 500 });
    const planned = await plan();
    expect(names(planned)).toEqual(['image app:v1']);
    await run();
    expect(planned.short).toBe(used() - 500);
    expect(test.tags('app')).toEqual(['release-1']);
  });

  it('leaves what a push or pull under way needs', async () => {
    const platform = await test.image('app');
    const read = await test.image('app', { tag: 'read' });
    days.later(MINUTE);
    await test.store.leases.during([read.digest], async () => {
      const planned = await shrinkBy(used());
      expect(planned).toMatchObject({ steps: [], short: planned.used - 1 });
    });
    expect(test.has('app', platform)).toBe(true);
  });
});

describe('runBudget', () => {
  it('cannot be undone, and says why', async () => {
    await days.push('app:v1');
    days.later(2 * HOUR);
    await shrinkBy(used());
    const { changes } = await run();
    await expect(undo(test.store, changes[0], ACTOR)).rejects.toThrow(
      'was reclaimed, and cannot be put back',
    );
    expect(test.store.ledger.catalog.trash.of('app').manifests.size).toBe(0);
    const [event] = test.store.ledger.catalog.history.timeline('app', 'v1').slice(-1);
    expect(event?.actor).toEqual({ client: 'berth budget' });
  });

  it('skips what was used, protected or put back since the plan was made', async () => {
    const pulled = await test.image('app', { tag: 'pulled' });
    await test.image('app', { tag: 'again', config: 'same' });
    await days.push('app:protected', 'app:plain', 'app:restored');
    const restored = test.store.ledger.catalog.findRepository('app')?.tags.get('restored')?.digest ?? '';
    await deleteManifest(test.store, 'app', restored, ACTOR);
    days.later(2 * HOUR);
    const planned = await shrinkBy(used());
    expect(planned.steps.length).toBe(5);
    await days.set({ budget: null });
    await undo(test.store, undefined, ACTOR);
    await test.image('app', { tag: 'again', config: 'same' });
    await days.protect('app', 'protected');
    test.store.observations.pulled('app', pulled.digest);
    expect(await runBudget(test.store, planned)).toMatchObject({ tags: 1, manifests: 1 });
    expect(test.tags('app')).toEqual(['again', 'protected', 'pulled', 'restored']);
  });
});

describe('planBudget and pushes under way', () => {
  it('gives up no image for bytes that only a push under way needs', async () => {
    await test.image('app', { tag: 'v1', layers: ['old'] });
    const before = test.store.ledger.catalog.content.totalSize;
    await test.blob('app', Buffer.alloc(50_000, 'coming'));
    await test.store.settings.change({ budget: before + 100 });
    const { steps } = await planBudget(test.store, Date.now());
    expect(steps).toEqual([]);
  });
});
