import type { Router } from '@koa/router';
import type { Context } from 'koa';
import type { Manifest, Repository } from '../catalog/repository.ts';
import { findTrashed } from '../collector/trashed-images.ts';
import { findSharing, type Sharing } from '../collector/sharing.ts';
import { Usage } from '../collector/usage.ts';
import { json, longJson } from '../http/json.ts';
import { fieldsOf, list, parseFields, text, textFields } from '../images/config.ts';
import { kindOf } from '../images/kind.ts';
import { findManifest, unknownManifest } from '../images/manifests.ts';
import { findMissingContent } from '../images/missing-content.ts';
import { isIndexType } from '../images/media-types.ts';
import { readContents } from '../images/platform-image.ts';
import { formatPlatform } from '../images/platform.ts';
import type { Platforms } from '../images/platforms.ts';
import { findProtectingRule } from '../images/protection.ts';
import { listReferrers } from '../images/referrers.ts';
import { readRepository, type Store } from '../images/store.ts';
import { isDigest, parseDigest, parseReference, type Digest } from '../reference.ts';
import { iso } from '../time.ts';
import type {
  Author,
  ImageDetails,
  ListedManifest,
  ManifestPage,
  MissingContentList,
  PlatformImage,
} from './contract.ts';
import { numberQuery, repositoryQuery, requiredQuery } from './query.ts';
import { describeTrash, signatureTags, Summaries } from './summary.ts';

/** Those who share with an image are many where a base image is popular; the largest tell enough. */
const MOST_SHARING = 50;

/** An index of one image has a dozen at most; some have thousands, because somebody keeps other things in one. */
const MANIFESTS_OF_A_PAGE = 200;

/** Where more is gone, a list of it helps nobody. */
const MOST_MISSING = 100;

/** One image: what it consists of, what is attached to it, and with whom it shares. */
export function imageRoutes(router: Router, store: Store, platforms: Platforms): void {
  router.get('/api/images', async (ctx) => {
    const repository = readRepository(store, repositoryQuery(ctx));
    const reference = parseReference(requiredQuery(ctx, 'reference'));
    json(ctx, await readDetails(store, platforms, repository, reference));
  });

  router.get('/api/images/manifests', async (ctx) => {
    const repository = readRepository(store, repositoryQuery(ctx));
    const manifest = readAsked(repository, ctx);
    const content = await store.blobs.findContent(manifest.digest);
    const fields = content === undefined ? {} : (parseFields(content) ?? {});
    const manifests = await describeParts(repository, manifest, fields, platforms, numberQuery(ctx, 'from'));
    json(ctx, { total: manifest.manifests?.length ?? manifests.length, manifests } satisfies ManifestPage);
  });

  router.get('/api/images/missing', async (ctx) => {
    const repository = readRepository(store, repositoryQuery(ctx));
    json(ctx, await readMissing(store, repository, parseReference(requiredQuery(ctx, 'reference'))));
  });

  router.get('/api/images/platform', async (ctx) => {
    const repository = readRepository(store, repositoryQuery(ctx));
    const manifest = readAsked(repository, ctx);
    await longJson(ctx, await readPlatformImage(store, repository, manifest));
  });
}

/** What of an image should be here and is not. */
async function readMissing(
  store: Store,
  repository: Repository,
  reference: string,
): Promise<MissingContentList> {
  const manifest = findManifest(repository, reference);
  if (manifest === undefined) throw unknownManifest(repository.name, reference);
  const missing = await findMissingContent(store, repository, manifest.digest, MOST_MISSING + 1);
  return { missing: missing.slice(0, MOST_MISSING), more: missing.length > MOST_MISSING };
}

function readAsked(repository: Repository, ctx: Context): Manifest {
  const digest = parseDigest(requiredQuery(ctx, 'digest'));
  const manifest = findManifest(repository, digest);
  if (manifest === undefined) throw unknownManifest(repository.name, digest);
  return manifest;
}

async function readDetails(
  store: Store,
  platforms: Platforms,
  repository: Repository,
  reference: string,
): Promise<ImageDetails> {
  const { catalog } = store.ledger;
  const manifest = findManifest(repository, reference);
  if (manifest === undefined) throw unknownManifest(repository.name, reference);
  const { digest } = manifest;
  await platforms.read(repository, manifest);
  const content = await store.blobs.findContent(digest);
  const fields = content === undefined ? {} : (parseFields(content) ?? {});
  const tag = isDigest(reference) ? undefined : reference;
  const found = tag === undefined ? undefined : repository.tags.get(tag);
  const usage = new Usage(catalog);
  const summaries = new Summaries(store, platforms, usage);
  const summary =
    (tag === undefined ? undefined : summaries.tag(repository, tag)) ??
    summaries.manifest(repository, manifest);
  const trashed = await findTrashed(store, repository, manifest);
  const going = usage.goingWithManifest(repository, manifest);
  return {
    ...summary,
    repository: repository.name,
    tag: tag ?? null,
    tags: [...repository.tagsOf(digest)].sort(),
    protected: found?.protected ?? false,
    protectedBy:
      tag === undefined ? null : (findProtectingRule(store.settings.current, repository.name, tag) ?? null),
    expiresAt: found?.expiresAt === undefined ? null : iso(found.expiresAt),
    trash: trashed === undefined ? null : describeTrash(store, trashed),
    pushedBy: findAuthor(store, repository, digest),
    manifestSize: manifest.size,
    annotations: textFields(fields['annotations']),
    subject: manifest.subject ?? null,
    manifests: await describeParts(repository, manifest, fields, platforms),
    referrersList: await describeReferrers(store, repository, digest),
    sharedWith: (await findSharing(catalog, { repository, digest }, going, MOST_SHARING)).map(
      describeSharing,
    ),
  };
}

/** Whoever last pointed one of its tags at it, other than by putting it back. */
function findAuthor(store: Store, repository: Repository, digest: Digest): Author | null {
  const { history } = store.ledger.catalog;
  for (const tag of repository.tagsOf(digest)) {
    const event = history.findPush(repository.name, tag, digest, repository.tags.get(tag)?.pushedAt);
    if (event !== undefined) return event.actor;
  }
  const pushedAt = repository.manifests.get(digest)?.pushedAt ?? 0;
  for (const { effects, actor, time } of [...history.changes.values()].toReversed()) {
    if (time > pushedAt) continue;
    const isIt = effects.some(
      (each) =>
        each.kind === 'manifest' &&
        each.is === 'added' &&
        each.digest === digest &&
        each.repository === repository.name,
    );
    if (isIt) return actor;
  }
  return null;
}

async function describeParts(
  repository: Repository,
  manifest: Manifest,
  fields: Readonly<Record<string, unknown>>,
  platforms: Platforms,
  from = 0,
): Promise<ListedManifest[]> {
  const { digest, mediaType } = manifest;
  if (!isIndexType(mediaType)) {
    if (kindOf(manifest) !== 'image' || from > 0) return [];
    const own = await platforms.read(repository, manifest);
    const size = repository.sizeOf(digest);
    return [{ digest, platform: own[0] ?? null, size, mediaType, present: true, attestationOf: null }];
  }
  const said = new Map(
    list(fields['manifests']).map((each) => [text(fieldsOf(each)['digest']), fieldsOf(each)]),
  );
  const parts: ListedManifest[] = [];
  for (const child of manifest.manifests?.slice(from, from + MANIFESTS_OF_A_PAGE) ?? []) {
    const present = repository.manifests.get(child.digest);
    const entry = said.get(child.digest) ?? {};
    const named = formatPlatform(fieldsOf(entry['platform']));
    const [read] =
      named !== undefined || present === undefined ? [] : await platforms.read(repository, present);
    parts.push({
      digest: child.digest,
      platform: named ?? read ?? null,
      size: present === undefined ? child.size : repository.sizeOf(child.digest),
      mediaType: child.mediaType,
      present: present !== undefined,
      attestationOf: textFields(entry['annotations'])['vnd.docker.reference.digest'] ?? null,
    });
  }
  return parts;
}

async function describeReferrers(
  store: Store,
  repository: Repository,
  digest: Digest,
): Promise<ImageDetails['referrersList']> {
  const referrers = await listReferrers(store, repository.name, digest);
  const sizeOf = (each: Digest, size: number): number =>
    repository.manifests.has(each) ? repository.sizeOf(each) : size;
  const listed = referrers.map(({ digest: each, size, artifactType = '', annotations = {} }) => ({
    digest: each,
    artifactType,
    size: sizeOf(each, size),
    tag: null,
    annotations,
  }));
  const tagged = signatureTags(repository, digest).flatMap((tag) => {
    const manifest = findManifest(repository, tag);
    if (manifest === undefined) return [];
    const artifactType = manifest.artifactType ?? manifest.layers?.[0]?.mediaType ?? manifest.mediaType;
    const size = repository.sizeOf(manifest.digest);
    return [{ digest: manifest.digest, artifactType, size, tag, annotations: manifest.annotations ?? {} }];
  });
  return [...listed, ...tagged];
}

function describeSharing({ repository, tag, bytes }: Sharing): ImageDetails['sharedWith'][number] {
  return { repository, tag: tag ?? null, bytes };
}

async function readPlatformImage(
  store: Store,
  repository: Repository,
  manifest: Manifest,
): Promise<PlatformImage> {
  const { config, history, layers } = await readContents(store, repository, manifest);
  return {
    digest: manifest.digest,
    mediaType: manifest.mediaType,
    platform: config?.platform ?? null,
    created: config?.created ?? null,
    author: config?.author ?? null,
    config: config?.run ?? null,
    history: history.map(({ createdBy, created, comment, layer }) => ({
      createdBy,
      created: created ?? null,
      comment,
      layer: layer ?? null,
    })),
    layers: layers.map(({ digest, diffId, mediaType, size, createdBy, usedBy, isPresent }) => ({
      digest,
      diffId: diffId ?? null,
      mediaType,
      size,
      createdBy: createdBy ?? null,
      usedBy,
      present: isPresent,
    })),
  };
}
