import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ACTOR, Days, HOUR } from '../../test/domain/retention.ts';
import type { TestStore } from '../../test/domain/store.ts';
import { setTag } from '../images/tags.ts';
import { deleteManifest } from '../collector/deletion.ts';
import { RegistryError } from '../error.ts';
import type { BudgetLoss } from './budget-change.ts';
import { changeSettings } from './settings-change.ts';

let days: Days;
let test: TestStore;

beforeEach(async () => {
  days = await Days.begin();
  ({ test } = days);
});
afterEach(() => days.end());

function current(): number | null {
  return test.store.settings.current.budget;
}

async function change(patch: object, isConfirmed = false): Promise<unknown> {
  return await changeSettings(test.store, { ...patch }, isConfirmed);
}

/** What is to be confirmed before that budget is set. */
async function lossBy(budget: number): Promise<BudgetLoss> {
  const error: unknown = await change({ budget }).catch((thrown: unknown) => thrown);
  if (!(error instanceof RegistryError)) throw new Error('it was not refused', { cause: error });
  expect(error.code).toBe('CONFIRMATION_REQUIRED');
  return error.detail as BudgetLoss;
}

describe('changeSettings', () => {
  it('refuses a budget below what is used, and says what it would take, the oldest first', async () => {
    await days.push('app:old', 'app:new', 'lib:v1');
    days.later(2 * HOUR);
    const loss = await lossBy(5);
    expect(loss).toMatchObject({ limit: 5, tags: 3, manifests: 3, trashed: 0, short: 0, repositories: 2 });
    expect(loss.used).toBe(test.store.budget.taken);
    expect(loss.bytes).toBe(test.store.ledger.catalog.content.totalSize);
    expect(loss.byRepository.map(({ repository, tags }) => [repository, tags])).toEqual([
      ['app', 2],
      ['lib', 1],
    ]);
    expect(loss.first.map(({ repository, tags }) => `${repository}:${tags}`)).toEqual([
      'app:old',
      'app:new',
      'lib:v1',
    ]);
    expect(current()).toBeNull();
  });

  it('takes it once it is confirmed', async () => {
    await days.push('app:v1');
    await change({ budget: 5 }, true);
    expect(current()).toBe(5);
  });

  it('asks nothing about a budget that has room for everything, nor about other settings', async () => {
    await days.push('app:v1');
    await change({ budget: test.store.budget.taken, undoDays: 3 });
    await change({ budget: null });
    await change({ undoDays: 4 });
    expect(test.store.settings.current).toMatchObject({ budget: null, undoDays: 4 });
  });

  it('asks about what files take of the disk, which is more than their bytes', async () => {
    await days.push('app:v1');
    days.later(2 * HOUR);
    const { totalSize } = test.store.ledger.catalog.content;
    expect(test.store.budget.taken).toBeGreaterThan(totalSize);
    expect(await lossBy(totalSize)).toMatchObject({ tags: 1 });
  });

  it('counts what could still be put back', async () => {
    await days.push('app:v1', 'app:v2');
    await deleteManifest(test.store, 'app', 'v1', ACTOR);
    days.later(2 * HOUR);
    expect(await lossBy(1)).toMatchObject({ tags: 1, trashed: 1, short: 0 });
  });

  it('counts what the rules take before it', async () => {
    await days.push('app:v1', 'app:v2');
    days.later(2 * HOUR);
    await change({ retention: [{ repositories: 'app', keepNewest: 1 }] });
    expect(await lossBy(1)).toMatchObject({ tags: 2, ruled: 1 });
  });

  it('asks even when all of it is protected, or in use now', async () => {
    await days.push('app:v1');
    days.later(2 * HOUR);
    await setTag(test.store, 'app', 'v1', { protected: true }, ACTOR);
    expect(await lossBy(1)).toMatchObject({ tags: 0, bytes: 0, repositories: 0 });
    expect((await lossBy(1)).short).toBeGreaterThan(0);
  });

  it('says first what is wrong with the values', async () => {
    await days.push('app:v1');
    await expect(change({ budget: 1, undoDays: -1 })).rejects.toMatchObject({ code: 'REQUEST_INVALID' });
    await expect(change({ budget: 0 })).rejects.toMatchObject({ code: 'REQUEST_INVALID' });
  });
});
