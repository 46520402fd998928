import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TestStore } from '../../test/domain/store.ts';
import type { Operation } from '../catalog/operation.ts';
import { OCI_INDEX, OCI_MANIFEST } from '../images/media-types.ts';
import { deleteRepository } from '../collector/deletion.ts';
import { planReclaim } from '../collector/reclaim.ts';
import { lastPull } from './retention-decisions.ts';
import { undo } from '../collector/undo.ts';
import { Usage } from '../collector/usage.ts';

const ACTOR = { client: 'test' };

/** More than a call can have arguments. */
const MANIFESTS = 130_000;

let test: TestStore;

beforeEach(async () => {
  test = await TestStore.open();
});
afterEach(() => test.close());

describe('a repository with very many manifests', () => {
  it('is deleted, put back and reclaimed like any other', { timeout: 120_000 }, async () => {
    const puts = Array.from({ length: MANIFESTS }, (_, index): Operation => {
      const digest = `sha256:${index.toString(16).padStart(64, '0')}` as const;
      return {
        op: 'manifest.put',
        repository: 'app',
        manifest: { digest, size: 1, mediaType: OCI_MANIFEST },
      };
    });
    await test.store.ledger.commitAll(ACTOR, puts);
    const { change } = await deleteRepository(test.store, 'app', ACTOR);
    await undo(test.store, change ?? undefined, ACTOR);
    expect(test.store.ledger.catalog.findRepository('app')?.manifests.size).toBe(MANIFESTS);
    const { content, problems } = await planReclaim(test.store, { emptyTrash: true, undoMs: 0, graceMs: 0 });
    expect(content).toEqual([]);
    expect(problems.length).toBe(MANIFESTS);
  });
});

describe('indexes in indexes', () => {
  const DEPTH = 20_000;

  /** Each lists the one before it twice. */
  async function nest(): Promise<void> {
    const digestOf = (index: number) => `sha256:${index.toString(16).padStart(64, '0')}` as const;
    const puts = Array.from({ length: DEPTH }, (_, index): Operation => {
      const inner = { mediaType: OCI_INDEX, digest: digestOf(index - 1), size: 1 };
      const manifests = index === 0 ? [] : [inner, inner];
      const manifest = { digest: digestOf(index), size: 1, mediaType: OCI_INDEX, manifests };
      return { op: 'manifest.put', repository: 'app', manifest };
    });
    const tag: Operation = { op: 'tag.put', repository: 'app', tag: 'v1', digest: digestOf(DEPTH - 1) };
    await test.store.ledger.commitAll(ACTOR, [...puts, tag]);
  }

  it('may be nested as deep as a client likes', { timeout: 120_000 }, async () => {
    await nest();
    const { catalog } = test.store.ledger;
    const repository = catalog.findRepository('app');
    const top = repository?.manifests.get(repository.tags.get('v1')?.digest ?? 'sha256:none');
    if (repository === undefined || top === undefined) throw new Error('nothing was pushed');
    expect(repository.sizeOf(top.digest)).toBe(DEPTH);
    expect(lastPull(test.store, repository, top)).toBe(0);
    expect(new Usage(catalog).tag(repository, 'v1')).toBe(DEPTH);
    const { change } = await deleteRepository(test.store, 'app', ACTOR);
    await undo(test.store, change ?? undefined, ACTOR);
    expect(await planReclaim(test.store, { emptyTrash: true, undoMs: 0, graceMs: 0 })).toMatchObject({
      repositories: [],
    });
  });
});
