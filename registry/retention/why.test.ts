import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ACTOR, DAY, Days, HOUR, MINUTE } from '../../test/domain/retention.ts';
import { digestOf, layerBytes, type TestStore } from '../../test/domain/store.ts';
import { deleteManifest, deleteRepository } from '../collector/deletion.ts';
import { explain } from './why.ts';

let days: Days;
let test: TestStore;

beforeEach(async () => {
  days = await Days.begin();
  ({ test } = days);
});
afterEach(() => days.end());

/** The answer as one text, `kept` or `goes` first, digests short. */
async function why(repository: string, reference?: string): Promise<string> {
  const { kept, reasons } = await explain(test.store, repository, reference);
  return [kept ? 'kept' : 'goes', ...reasons].join(' ').replace(/sha256:[0-9a-f]{64}/g, 'DIGEST');
}

describe('explain', () => {
  it('names the rule that keeps a tag and until when, or the one that takes it', async () => {
    await days.set({ retention: [{ repositories: 'app', tags: 'pr-*', keepDays: 7 }] });
    await test.image('app', { tag: 'pr-1', layers: ['a'], config: 'x' });
    await test.image('app', { tag: 'v1', layers: ['a'], config: 'y' });
    expect(await why('app', 'pr-1')).toMatch(
      /^kept It points at DIGEST\. It stays: retention rule 1 \(app:pr-\*\) keeps what was pushed or pulled within 7 days, until 2026-01-08T00:00:00.000Z\. Deleting the tag would free \d+ B/,
    );
    days.later(8 * DAY);
    expect(await why('app', 'pr-1')).toContain(
      'goes It points at DIGEST. The next run of retention takes it: retention rule 1 (app:pr-*): nobody has pushed or pulled it for 7 days.',
    );
    expect(await why('app', 'v1')).toContain(
      'kept It points at DIGEST. It stays: no retention rule matches it.',
    );
  });

  it('says of what is not whole what is missing', async () => {
    const image = await test.image('app', { tag: 'v1', layers: ['a', 'b'] });
    const layer = digestOf(layerBytes('a'));
    rmSync(join(test.folder, 'blobs', layer.replace(':', '/')));
    for (const reference of ['v1', image.digest, layer]) {
      const { reasons } = await explain(test.store, 'app', reference);
      expect(reasons[0]).toBe(
        `It is not whole: the content of ${layer} is missing or quarantined. Push it again.`,
      );
    }
    const other = await explain(test.store, 'app', digestOf(layerBytes('b')));
    expect(other.reasons.join(' ')).not.toContain('not whole');
  });

  it('names the other tags of the digest, and that deleting one would free nothing', async () => {
    await test.image('app', { tag: 'a', config: 'same' });
    await test.image('app', { tag: 'b', config: 'same' });
    expect(await why('app', 'a')).toContain(
      'The same manifest has also the tag b. Deleting the tag alone would free nothing',
    );
  });

  it('says what a platform, an attachment and the tag of one depend on', async () => {
    const platform = await test.image('app');
    const index = await test.index('app', 'multi', [platform]);
    const signature = await test.image('app', { subject: index });
    const stem = index.digest.replace(':', '-');
    await test.image('app', { tag: `${stem}.sig` });
    expect(await why('app', platform.digest)).toContain(
      'kept It is a platform of the index DIGEST, and goes with the last.',
    );
    expect(await why('app', signature.digest)).toContain(
      'kept It is attached to DIGEST, and goes with that.',
    );
    expect(await why('app', `${stem}.sig`)).toContain(
      'It attaches something to DIGEST, and stays and goes with that.',
    );
    expect(await why('app', index.digest)).toContain(
      'kept Its tag multi: it stays: no retention rule matches it. Attached to it: DIGEST.',
    );
  });

  it('says until when what lost its last tag can be used, and what never had one', async () => {
    const lost = await test.image('app', { tag: 'v1' });
    await deleteManifest(test.store, 'app', 'v1', ACTOR);
    expect(await why('app', lost.digest)).toContain(
      'kept It is in the trash: its last tag v1 was deleted 2026-01-01T00:00:00.000Z. It can be pulled by its digest and be put back until 2026-01-08T00:00:00.000Z ("berth restore app@DIGEST")',
    );
    expect(await why('app')).toContain('It has 0 tags and 0 manifests.');
    expect(await why('app')).toContain('In its trash: 1 image. It can be put back.');
    expect(await why('app', 'v1')).toMatch(
      /^kept The tag was deleted 2026-01-01T00:00:00.000Z by test; it pointed at DIGEST\. It is in the trash: .* "berth restore app:v1@DIGEST" puts the tag back/,
    );
    const never = await test.image('app');
    expect(await why('app', never.digest)).toContain(
      'kept It stays: it never had a tag; untaggedDays keeps it until 2026-01-31T00:00:00.000Z.',
    );
    expect(await why('app', never.digest)).toContain('A client was told that it is here');
    days.later(31 * DAY);
    expect(await why('app', never.digest)).toContain(
      'goes The next run of retention takes it: it never had a tag',
    );
  });

  it('says of a platform that its index is in the trash, and counts pulls of either', async () => {
    const platform = await test.image('app');
    const index = await test.index('app', 'multi', [platform]);
    await deleteManifest(test.store, 'app', 'multi', ACTOR);
    days.later(DAY);
    test.store.observations.pulled('app', platform.digest);
    const text =
      'It is in the trash with DIGEST: its last tag multi was deleted 2026-01-01T00:00:00.000Z. It can be pulled by its digest and be put back until 2026-01-09T00:00:00.000Z ("berth restore app@DIGEST")';
    expect(await why('app', platform.digest)).toContain(text);
    expect(await why('app', index.digest)).toContain(text.replace(' with DIGEST', ''));
  });

  it('says until when what is in the trash can be put back, also where nothing else is left', async () => {
    const image = await test.image('app', { tag: 'v1' });
    await deleteRepository(test.store, 'app', ACTOR);
    expect(await why('app', image.digest)).toBe(
      'kept It was deleted 2026-01-01T00:00:00.000Z. It can be put back until 2026-01-08T00:00:00.000Z ("berth undo", "berth restore"); then the next reclaim takes it.',
    );
    expect(await why('app', 'v1')).toContain('That manifest was deleted 2026-01-01');
    expect(await why('app')).toContain('goes All that was in it was deleted. In its trash: ');
    days.later(8 * DAY);
    expect(await why('app', image.digest)).toContain('goes It was deleted');
    await expect(explain(test.store, 'app', 'v2')).rejects.toMatchObject({ code: 'NAME_UNKNOWN' });
  });

  it('names the manifests that need a blob, here and elsewhere', async () => {
    const layer = digestOf(layerBytes('a'));
    await test.image('app', { tag: 'v1', layers: ['a'] });
    await test.image('other', { tag: 'v1', layers: ['a'] });
    expect(await why('app', layer)).toBe(
      'kept It is a blob of 1.0 kB. It is named by the manifest v1 (DIGEST). The same content stays on the disk for the repository other.',
    );
  });

  it('says how long a blob without a manifest waits for one', async () => {
    const blob = await test.blob('app', Buffer.from('alone'));
    expect(await why('app', blob)).toContain(
      'it is kept for a push under way until 2026-01-01T01:00:00.000Z',
    );
    days.later(2 * HOUR);
    expect(await why('app', blob)).toBe(
      'goes It is a blob of 5 B. Nothing keeps it here: the next reclaim takes it.',
    );
  });

  it('tells of a repository which rules match, and what the next run takes', async () => {
    await days.set({ retention: [{ repositories: 'x' }, { repositories: '**', keepNewest: 1 }] });
    await days.push('app:1', 'app:2');
    expect(await why('app')).toMatch(
      /^kept It has 2 tags and 2 manifests\. Retention rules that match it, the first that matches a tag decides: 2\. The next run of retention takes 1 image or tag\. Deleting it would free \d+ B/,
    );
  });

  it('warns of what the budget takes next', async () => {
    await days.push('app:old', 'app:new');
    days.later(2 * HOUR);
    await days.set({ budget: test.store.ledger.catalog.content.totalSize - 1 });
    const digest = test.store.ledger.catalog.findRepository('app')?.tags.get('old')?.digest;
    for (const reference of ['old', digest]) {
      expect(await why('app', reference)).toMatch(
        /^goes .* this is among the oldest: it goes next, for good\./,
      );
    }
    expect(await why('app', 'new')).not.toContain('budget');
  });

  it('knows nothing of what never was', async () => {
    await days.push('app:v1');
    days.later(MINUTE);
    await expect(explain(test.store, 'no', 'v1')).rejects.toMatchObject({ code: 'NAME_UNKNOWN' });
    await expect(explain(test.store, 'app', 'v2')).rejects.toMatchObject({ code: 'MANIFEST_UNKNOWN' });
    await expect(explain(test.store, 'app', `sha256:${'0'.repeat(64)}`)).rejects.toMatchObject({
      code: 'MANIFEST_UNKNOWN',
    });
  });
});
