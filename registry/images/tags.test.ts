import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TestStore } from '../../test/domain/store.ts';
import type { Operation } from '../catalog/operation.ts';
import { setTags } from './tags.ts';

const ACTOR = { client: 'a test' };

let test: TestStore;

beforeEach(async () => {
  test = await TestStore.open();
});
afterEach(() => test.close());

const isProtected = (): Set<boolean> =>
  new Set(
    Array.from(
      test.store.ledger.catalog.findRepository('app')?.tags.values() ?? [],
      (each) => each.protected === true,
    ),
  );

describe('setTags', () => {
  it('sets thousands in one change, which can be undone', async () => {
    const { digest } = await test.image('app', { tag: 't0' });
    const tags = Array.from({ length: 12_000 }, (_, at) => `t${at}`);
    const puts = tags.map((tag): Operation => ({ op: 'tag.put', repository: 'app', tag, digest }));
    await test.store.ledger.commitAll(ACTOR, puts);
    const { change, tags: count } = await setTags(test.store, 'app', tags, { protected: true }, ACTOR);
    expect(count).toBe(12_000);
    expect(isProtected()).toEqual(new Set([true]));
    const changes = test.store.ledger.catalog.history.changes;
    expect(changes.get(change ?? 0)?.effects).toHaveLength(12_000);
  });

  it('finds a tag that is on its way when it is asked', async () => {
    const { digest } = await test.image('app', { tag: 'v1' });
    const put: Operation = { op: 'tag.put', repository: 'app', tag: 'v2', digest };
    const both = [
      test.store.ledger.commit(ACTOR, put),
      setTags(test.store, 'app', ['v2'], { protected: true }, ACTOR),
    ];
    await Promise.all(both);
    expect(test.store.ledger.catalog.findRepository('app')?.tags.get('v2')?.protected).toBe(true);
  });

  it('sets none of them if one is not there', async () => {
    await test.image('app', { tag: 'v1' });
    await expect(setTags(test.store, 'app', ['v1', 'v2'], { protected: true }, ACTOR)).rejects.toMatchObject({
      code: 'MANIFEST_UNKNOWN',
    });
    expect(isProtected()).toEqual(new Set([false]));
  });
});
