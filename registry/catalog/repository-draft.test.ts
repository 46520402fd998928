import { describe, expect, it } from 'vitest';
import {
  contentOf,
  digest,
  image,
  index,
  NAME,
  randomOf,
  sorted,
  Story,
  tag,
  type Random,
} from '../../test/domain/catalog-story.ts';
import { Catalog } from './catalog.ts';
import type { Operation } from './operation.ts';
import { restoreSnapshot, takeSnapshot } from './snapshot.ts';

const deletion: Operation = { op: 'repository.delete', repository: NAME };
const restoration = (change: number): Operation => ({ op: 'repository.restore', repository: NAME, change });
const redeletion = (change: number): Operation => ({ op: 'repository.delete', repository: NAME, change });

function filled(): Story {
  const story = new Story();
  story.do(image(1), tag('v1', 1));
  story.do(image(2), tag('v2', 2), tag('latest', 2));
  story.do(image(3), image(4), index(5, [3, 4]), tag('multi', 5));
  story.do(image(6, { subject: digest(1) }));
  story.do({ op: 'blob.link', repository: NAME, digest: digest(99), size: 9 });
  story.do({ op: 'tag.set', repository: NAME, tag: 'v2', expiresAt: 5_000_000 });
  return story;
}

describe('repository.delete', () => {
  it('leaves the trash, the timelines and the content as the deletion of each manifest and link does', () => {
    const [whole, each] = [filled(), filled()];
    const live = each.catalog.findRepository(NAME);
    whole.do(deletion);
    each.do(
      ...[...(live?.manifests.keys() ?? [])].map((one): Operation => ({
        op: 'manifest.delete',
        repository: NAME,
        digest: one,
      })),
      ...[...(live?.blobs.keys() ?? [])].map((one): Operation => ({
        op: 'blob.unlink',
        repository: NAME,
        digest: one,
      })),
    );
    const { changes: _, ...left } = takeSnapshot(whole.catalog);
    const { changes: __, ...right } = takeSnapshot(each.catalog);
    expect(left).toEqual(right);
    expect(whole.content).toEqual(each.content);
    expect(whole.catalog.sortedNames).toEqual([]);
    expect(whole.catalog.history.timeline(NAME, 'v2').map((event) => event.digest)).toEqual([
      digest(2),
      undefined,
    ]);
  });

  it('does nothing to a repository with a protected tag, and nothing to one that is gone', () => {
    const story = filled();
    story.do({ op: 'tag.set', repository: NAME, tag: 'v1', protected: true });
    const before = story.state;
    story.do(deletion);
    expect(story.state).toBe(before);
    story.do({ op: 'tag.set', repository: NAME, tag: 'v1', protected: false });
    story.do(deletion);
    const after = story.state;
    story.do(deletion);
    expect(story.state).toBe(after);
  });

  it('is seen as a whole or not at all, whenever somebody looks', () => {
    const story = filled();
    const before = story.state;
    let looks = 0;
    const change = story.doInSteps(() => {
      looks += 1;
      expect(story.state).toBe(before);
    }, deletion);
    expect(looks).toBeGreaterThan(20);
    expect(story.catalog.findRepository(NAME)).toBeUndefined();
    const gone = story.state;
    story.doInSteps(() => expect(story.state).toBe(gone), restoration(change));
    expect(story.catalog.findRepository(NAME)?.sortedTags).toEqual(['latest', 'multi', 'v1', 'v2']);
  });
});

describe('repository.restore', () => {
  it('brings everything back as it was, and can be taken back as often as one likes', () => {
    const story = filled();
    const before = story.visible;
    const content = story.content;
    const deleted = story.do(deletion);
    const gone = story.visible;
    const restored = story.do({ op: 'undo', of: deleted }, restoration(deleted));
    expect(story.visible).toEqual(before);
    expect(story.content).toEqual(content);
    expect(story.catalog.findRepository(NAME)?.tags.get('v2')?.expiresAt).toBe(5_000_000);
    const again = story.do({ op: 'undo', of: restored }, redeletion(restored));
    expect(story.visible).toEqual(gone);
    story.do({ op: 'undo', of: again }, restoration(again));
    expect(story.visible).toEqual(before);
    expect(story.content).toEqual(content);
  });

  it('leaves alone what was pushed in the meantime, and so does the way back', () => {
    const story = filled();
    const deleted = story.do(deletion);
    story.do(image(7), index(8, [7, 3, 2]), tag('v1', 7), tag('other', 8));
    const between = story.visible;
    const restored = story.do({ op: 'undo', of: deleted }, restoration(deleted));
    const live = story.catalog.findRepository(NAME);
    expect(live?.tags.get('v1')?.digest).toBe(digest(7));
    expect(live?.sortedTags).toEqual(['latest', 'multi', 'other', 'v1', 'v2']);
    // It had a tag, and that points elsewhere now.
    expect(live?.manifests.get(digest(1))?.untaggedAt).toBe(1000 + restored);
    const redeleted = story.do(redeletion(restored));
    const names = (visible: unknown) => JSON.stringify(visible).replaceAll(/"blobs":\[[^\]]*\]/g, '');
    // What the new index lists has stayed, which is more than before; one of those had tags.
    expect([3, 2].map((each) => live?.manifests.get(digest(each))?.untaggedAt)).toEqual([
      undefined,
      1000 + redeleted,
    ]);
    expect(live?.manifests.size).toBe(4);
    expect(names(story.visible)).not.toBe(names(between));
    expect([...(live?.tags.keys() ?? [])]).toEqual(['v1', 'other']);
  });

  it('passes over what was dropped', () => {
    const story = filled();
    const deleted = story.do(deletion);
    const gone = { trash: [digest(2)], manifests: [], attached: [], blobs: [] };
    story.do({ op: 'drop', repository: NAME, before: 1_000_000, ...gone });
    story.do(restoration(deleted));
    expect(story.catalog.findRepository(NAME)?.sortedTags).toEqual(['multi', 'v1']);
  });
});

describe('a journal with operations on whole repositories', () => {
  it.each(Array.from({ length: 60 }, (_, seed) => seed))(
    'amounts to the same at once, in steps and from a checkpoint at any place: %i',
    (seed) => {
      const random = randomOf(seed);
      const [atOnce, inSteps] = [new Story(), new Story()];
      let checkpointed = new Catalog();
      const whole: number[] = [1];
      for (let seq = 1; seq <= 60; seq += 1) {
        const ops = someOperations(random, whole);
        atOnce.do(...ops);
        inSteps.doInSteps(() => undefined, ...ops);
        if (ops.some(({ op }) => op.startsWith('repository.'))) whole.push(seq);
        checkpointed.apply({ seq, batch: seq, time: 1000 + seq, actor: { client: 'test' }, ops });
        if (random(5) === 0) {
          checkpointed = restoreSnapshot(JSON.parse(JSON.stringify(takeSnapshot(checkpointed))));
        }
        expect(inSteps.state === atOnce.state).toBe(true);
        expect(contentOf(inSteps.catalog)).toEqual(atOnce.content);
        const afresh = restoreSnapshot(JSON.parse(atOnce.state));
        expect(contentOf(afresh)).toEqual(atOnce.content);
        expect(sorted(takeSnapshot(checkpointed)) === sorted(takeSnapshot(atOnce.catalog))).toBe(true);
      }
    },
  );
});

function someOperations(random: Random, whole: readonly number[]): Operation[] {
  const number = random(12);
  const repository = NAME;
  const change = whole[whole.length - 1 - random(Math.min(3, whole.length))] ?? 1;
  switch (random(12)) {
    case 0:
    case 1:
      return [deletion];
    case 2:
    case 3:
      return [{ op: 'undo', of: change }, restoration(change)];
    case 4:
      return [{ op: 'undo', of: change }, redeletion(change)];
    case 5:
      return [index(20 + random(3), [random(12), random(12)]), tag(`t${random(4)}`, 20 + random(3))];
    case 6:
      return [image(number, { subject: digest(random(12)) })];
    case 7:
      return [{ op: 'manifest.delete', repository, digest: digest(number) }];
    case 8:
      return [{ op: 'blob.unlink', repository, digest: digest(1000 + number) }];
    case 9: {
      const all = Array.from({ length: 6 }, (_, each) => digest((number + each) % 12));
      const blobs = all.map((_, each) => digest(1000 + number + each));
      return [
        {
          op: 'drop',
          repository,
          before: 1000 + random(60),
          trash: all,
          manifests: all,
          attached: [],
          blobs,
        },
      ];
    }
    case 10:
      return [{ op: 'tag.delete', repository, tag: `t${random(4)}` }];
    default:
      return [image(number), tag(`t${random(4)}`, number)];
  }
}
