import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Days } from '../../test/domain/retention.ts';
import { readRuleUsage } from './rule-usage.ts';

let days: Days;

beforeEach(async () => {
  days = await Days.begin();
});
afterEach(() => days.end());

describe('readRuleUsage', () => {
  it('says what each rule alone would free, which is nothing of what two of them share', async () => {
    const { test } = days;
    await days.set({
      retention: [
        { repositories: 'app', tags: 'pr-*', keepNewest: 1 },
        { repositories: 'app', tags: 'ci-*', keepNewest: 1 },
      ],
    });
    await test.image('app', { tag: 'pr-1', layers: ['shared by the rules', 'of a pull request'] });
    await test.image('app', { tag: 'ci-1', layers: ['shared by the rules', 'of a build'] });
    const twin = { layers: ['of both'], config: 'twin' };
    await test.image('app', { tag: 'pr-2', ...twin });
    await test.image('app', { tag: 'ci-2', ...twin });
    days.later(1000);
    await test.image('app', { tag: 'pr-3' });
    await test.image('app', { tag: 'ci-3' });

    const { deletions, bytes } = await days.plan();
    const usage = await readRuleUsage(test.store, deletions);
    expect(usage.map(({ rule, tags, manifests }) => [rule, tags, manifests])).toEqual([
      ['retention rule 1', 2, 1],
      ['retention rule 2', 2, 1],
    ]);
    for (const { exclusive } of usage) {
      expect(exclusive).toBeGreaterThan(1000);
      expect(exclusive).toBeLessThan(2000);
    }
    const alone = usage.reduce((sum, { exclusive }) => sum + exclusive, 0);
    expect(bytes - alone).toBeGreaterThan(2000);
  });
});
