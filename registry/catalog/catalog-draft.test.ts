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
import type { Operation } from './operation.ts';
import { restoreSnapshot, takeSnapshot } from './snapshot.ts';

/** Tags that move about among a few images, which come again and again. */
function manyPuts(random: Random): Operation[] {
  return Array.from({ length: 600 }, (): Operation => {
    const number = random(20);
    if (random(5) === 0) {
      const repository = random(10) > 0 ? NAME : 'team/new';
      return { op: 'tag.set', repository, tag: `t${random(300)}`, protected: random(2) > 0, expiresAt: null };
    }
    if (random(3) > 0) return tag(`t${random(300)}`, number);
    const put = random(4) > 0 ? image(number, { subject: digest(random(30)) }) : index(number, [random(20)]);
    return random(10) > 0 ? put : ({ ...put, repository: 'team/new' } as Operation);
  });
}

function fewOperations(random: Random): Operation[] {
  const number = random(20);
  switch (random(5)) {
    case 0:
      return [{ op: 'manifest.delete', repository: NAME, digest: digest(number) }];
    case 1:
      return [{ op: 'blob.unlink', repository: NAME, digest: digest(1000 + number) }];
    case 2:
      return [{ op: 'tag.delete', repository: NAME, tag: `t${random(300)}` }];
    case 3:
      return [{ op: 'repository.delete', repository: NAME }];
    default:
      return [image(number), tag(`t${random(300)}`, number)];
  }
}

describe('a record that brings many manifests and tags', () => {
  it('is seen as a whole or not at all, whenever somebody looks', () => {
    const random = randomOf(1);
    const story = new Story();
    for (let round = 0; round < 100; round += 1) story.do(...fewOperations(random));
    const before = story.state;
    let looks = 0;
    story.doInSteps(
      () => {
        looks += 1;
        expect(story.state === before).toBe(true);
      },
      ...manyPuts(random),
    );
    expect(looks).toBeGreaterThan(600);
    expect(story.state).not.toBe(before);
    expect(story.catalog.sortedNames).toEqual([NAME, 'team/new']);
    expect(story.catalog.isSettled).toBe(true);
  });

  it.each(Array.from({ length: 8 }, (_, seed) => seed))(
    'amounts to the same at once, in steps and from a checkpoint: %i',
    (seed) => {
      const random = randomOf(seed);
      const [atOnce, inSteps] = [new Story(), new Story()];
      for (let round = 1; round <= 24; round += 1) {
        const ops = round % 6 === 0 ? manyPuts(random) : fewOperations(random);
        atOnce.do(...ops);
        inSteps.doInSteps(() => undefined, ...ops);
        const [expected, actual] = [atOnce, inSteps].map(({ catalog }) => sorted(takeSnapshot(catalog)));
        expect(actual === expected).toBe(true);
        expect(contentOf(inSteps.catalog)).toEqual(atOnce.content);
        expect(contentOf(restoreSnapshot(JSON.parse(inSteps.state)))).toEqual(atOnce.content);
        expect(inSteps.catalog.sortedNames).toEqual(atOnce.catalog.sortedNames);
      }
    },
  );
});
