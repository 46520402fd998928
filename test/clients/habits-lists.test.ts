import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startBerth, type Berth } from './berth.ts';
import { get, json, type Answer } from './http.ts';
import { artifactOf, descriptor, imageOf, INDEX, jsonContent, randomBlob, type Descriptor } from './image.ts';
import { captured, present } from './present.ts';
import { expectError, Repository } from './repository.ts';

// What real clients depend on: CLIENTS.md, "Manifests, tags, lists".

let berth: Berth;
beforeAll(async () => {
  berth = await startBerth();
});
afterAll(() => berth.dispose());

/** The path and query of the next page: relative, since podman keeps nothing else of it. */
function nextOf(answer: Answer): string | undefined {
  const link = answer.headers['link'] as string | undefined;
  if (link === undefined) return undefined;
  return captured(/^<(\/v2\/[^>]*)>; rel="next"$/, link);
}

async function allPages(path: string, key: 'tags' | 'repositories'): Promise<string[][]> {
  const pages: string[][] = [];
  for (let next: string | undefined = path; next !== undefined;) {
    const answer: Answer = await get(berth, next);
    expect(answer.status, `${answer.body}`).toBe(200);
    pages.push(present(json<Record<string, string[]>>(answer)[key]));
    next = nextOf(answer);
  }
  return pages;
}

describe('GET /v2/<name>/tags/list', () => {
  let tagged: Repository;
  beforeAll(async () => {
    tagged = new Repository(berth, 'lists/tagged');
    const image = imageOf();
    for (const tag of ['v2', 'v10', 'Z', 'latest', '_a']) await tagged.push(image, tag);
  });

  it('is sorted, and names the repository', async () => {
    const answer = await get(berth, tagged.path('tags/list'));
    expect(answer.headers['content-type']).toMatch(/^application\/json/);
    const sorted = ['Z', '_a', 'latest', 'v10', 'v2'];
    const list = json<{ name: string; tags: string[] }>(answer);
    expect(list.name).toBe('lists/tagged');
    // The spec says lexical order; clients differ on whether case counts.
    expect([sorted, sorted.toSorted((a, b) => a.localeCompare(b, 'en'))]).toContainEqual(list.tags);
  });

  it('is given in pages by n and Link, of which last is exclusive', async () => {
    const all = await tagged.tags();
    expect(await allPages(tagged.path('tags/list?n=2'), 'tags')).toEqual([
      all.slice(0, 2),
      all.slice(2, 4),
      all.slice(4),
    ]);
    const after = json<{ tags: string[] }>(await get(berth, tagged.path(`tags/list?last=${all[1]}`)));
    expect(after.tags).toEqual(all.slice(2));
    const absent = json<{ tags: string[] }>(await get(berth, tagged.path('tags/list?last=v1')));
    expect(absent.tags).toEqual(all.filter((tag) => tag > 'v1'));
  });

  it('has no Link on its last page', async () => {
    const answer = await get(berth, tagged.path('tags/list?n=5'));
    expect([json<{ tags: string[] }>(answer).tags.length, answer.headers['link']]).toEqual([5, undefined]);
  });

  it('is empty, without Link, for n=0', async () => {
    const answer = await get(berth, tagged.path('tags/list?n=0'));
    expect([answer.status, json<{ tags: string[] }>(answer).tags, answer.headers['link']]).toEqual([
      200,
      [],
      undefined,
    ]);
  });

  it('is [] and never null for a repository without tags', async () => {
    const repository = new Repository(berth, 'lists/untagged');
    await repository.push(imageOf());
    expect(await repository.tags()).toEqual([]);
  });

  it('is 404 NAME_UNKNOWN for a repository that nobody pushed to', async () => {
    expectError(await get(berth, '/v2/no/such/repository/tags/list'), 404, 'NAME_UNKNOWN');
  });
});

describe('GET /v2/_catalog', () => {
  it('lists repositories in pages, clamps a large n, and hides empty repositories', async () => {
    const image = imageOf();
    const names = ['catalog/a', 'catalog/b', 'catalog/c', 'catalog/gone'];
    for (const name of names) await new Repository(berth, name).push(image, 'v1');
    await new Repository(berth, 'catalog/gone').delete(`manifests/${image.digest}`);
    const all = json<{ repositories: string[] }>(await get(berth, '/v2/_catalog?n=100000')).repositories;
    expect(all).toEqual(expect.arrayContaining(['catalog/a', 'catalog/b', 'catalog/c']));
    expect(all).not.toContain('catalog/gone');
    expect(all).toEqual(all.toSorted());
    const pages = await allPages('/v2/_catalog?n=2', 'repositories');
    expect(pages.flat()).toEqual(all);
    expect(Math.max(...pages.map(({ length }) => length))).toBe(2);
  });
});

describe('GET /v2/<name>/referrers/<digest>', () => {
  const SBOM = 'application/example.sbom';
  const SIGNATURE = 'application/example.signature';

  it.each(['lists/tagged', 'never/seen'])(
    'is exactly an OCI index, empty for an unknown digest of %s',
    async (name) => {
      const answer = await get(berth, `/v2/${name}/referrers/${randomBlob().digest}`);
      expect(answer.status).toBe(200);
      expect(answer.headers['content-type']).toBe(INDEX);
      expect(json<object>(answer)).toMatchObject({ schemaVersion: 2, mediaType: INDEX, manifests: [] });
    },
  );

  it('lists every referrer with its type and annotations, before and after the subject comes', async () => {
    const repository = new Repository(berth, 'lists/referrers');
    const subject = imageOf();
    const sbom = artifactOf({ artifactType: SBOM, subject, annotations: { made: 'by a test' } });
    await repository.push(sbom);
    await repository.push(subject, 'v1');
    await repository.push(artifactOf({ artifactType: SIGNATURE, subject }));
    const referrers = await repository.referrers(subject.digest);
    expect(referrers).toHaveLength(2);
    expect(referrers).toContainEqual({
      ...descriptor(sbom),
      artifactType: SBOM,
      annotations: { made: 'by a test' },
    });
  });

  it('is filtered by artifactType, and says so only then', async () => {
    const repository = new Repository(berth, 'lists/filtered');
    const subject = imageOf();
    for (const artifactType of [SBOM, SIGNATURE])
      await repository.push(artifactOf({ artifactType, subject }));
    const path = repository.path(`referrers/${subject.digest}`);
    const filtered = await get(berth, `${path}?artifactType=${encodeURIComponent(SBOM)}`);
    expect(filtered.headers['oci-filters-applied']).toBe('artifactType');
    expect(filtered.headers['content-type']).toBe(INDEX);
    const types = json<{ manifests: Descriptor[] }>(filtered).manifests.map(
      ({ artifactType }) => artifactType,
    );
    expect(types).toEqual([SBOM]);
    expect((await get(berth, path)).headers['oci-filters-applied']).toBeUndefined();
  });

  it('names the type of the config when a referrer has no artifactType', async () => {
    const repository = new Repository(berth, 'lists/config-type');
    const subject = imageOf();
    const { config } = imageOf();
    await repository.pushBlob(config);
    const manifest = {
      schemaVersion: 2,
      config: descriptor(config),
      layers: [],
      subject: descriptor(subject),
    };
    const referrer = jsonContent('application/vnd.oci.image.manifest.v1+json', manifest);
    expect((await repository.putManifest(referrer.digest, referrer)).status).toBe(201);
    const [listed] = await repository.referrers(subject.digest);
    expect(listed?.artifactType).toBe(config.mediaType);
  });

  it('forgets a referrer that is deleted', async () => {
    const repository = new Repository(berth, 'lists/deleted');
    const subject = imageOf();
    const sbom = artifactOf({ artifactType: SBOM, subject });
    await repository.push(sbom);
    await repository.delete(`manifests/${sbom.digest}`);
    expect(await repository.referrers(subject.digest)).toEqual([]);
  });

  it('lists what came with a fallback tag of older clients, once', async () => {
    const repository = new Repository(berth, 'lists/fallback');
    const subject = imageOf();
    const sbom = artifactOf({ artifactType: SBOM, subject });
    await repository.push(subject, 'v1');
    await repository.push(sbom);
    const manifests = [{ ...descriptor(sbom), artifactType: SBOM }];
    const fallback = jsonContent(INDEX, { schemaVersion: 2, mediaType: INDEX, manifests });
    await repository.putManifest(subject.digest.replace(':', '-'), fallback);
    expect((await repository.referrers(subject.digest)).map(({ digest }) => digest)).toEqual([sbom.digest]);
  });
});

describe('a request with ?ns=, which containerd adds for a mirror', () => {
  it('is answered as without it, and OCI-Namespace echoed', async () => {
    const repository = new Repository(berth, 'lists/ns');
    const image = imageOf();
    await repository.push(image, 'v1');
    const paths = ['manifests/v1', `manifests/${image.digest}`, `blobs/${image.config.digest}`];
    for (const path of paths) {
      const answer = await get(berth, repository.path(`${path}?ns=docker.io`));
      expect([answer.status, answer.headers['oci-namespace']]).toEqual([200, 'docker.io']);
    }
  });
});

describe('a repository whose name holds the words of the API', () => {
  const image = imageOf();
  it.each([
    'a/blobs/b',
    'a/manifests/b',
    'manifests/latest',
    'a/tags/list',
    'tags/list',
    'a/blobs/uploads',
    'blobs/uploads/x',
    'a/referrers/b',
    'blobs',
    'manifests',
    'tags',
    'uploads',
    'v2/v2',
  ])('is pushed to, pulled from and listed: %s', async (name) => {
    const repository = new Repository(berth, name);
    await repository.push(image, 'latest');
    await repository.expectWhole('latest', image);
    await repository.expectWhole(image.digest, image);
    expect(await repository.tags()).toEqual(['latest']);
    expect(await repository.referrers(image.digest)).toEqual([]);
    expect((await repository.delete('manifests/latest')).status).toBe(202);
  });
});
