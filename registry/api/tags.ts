import type { Router } from '@koa/router';
import type { Manifest, Repository } from '../catalog/repository.ts';
import { deleteManifest } from '../collector/deletion.ts';
import { listTrash, type TrashedImage } from '../collector/trashed-images.ts';
import { wantedNow } from '../collector/unwanted.ts';
import { Usage } from '../collector/usage.ts';
import { json, longJson } from '../http/json.ts';
import { actorOf } from '../http/request.ts';
import { findAttachedTo, isForItself, ownTags } from '../images/attachments.ts';
import type { Platforms } from '../images/platforms.ts';
import { readRepository, type Store } from '../images/store.ts';
import { tagManifest } from '../images/tagging.ts';
import { Pace } from '../pace.ts';
import { parseName, parseReference, parseTag } from '../reference.ts';
import { object, readFields, required } from './body.ts';
import type { AttachedSummary, Deletion, Tagged, TagList, TagSummary } from './contract.ts';
import { repositoryQuery, requiredQuery } from './query.ts';
import { Summaries } from './summary.ts';

/** What was read by then is in the answer; the rest follows, and is announced. */
const PLATFORMS_WAIT_MS = 150;

/**
 * The tags of a repository.
 *
 * @param announce to be called when what a list left open is known
 */
export function tagRoutes(
  router: Router,
  store: Store,
  platforms: Platforms,
  announce: (repository: string) => void,
): void {
  router.get('/api/tags', async (ctx) => {
    const repository = readRepository(store, repositoryQuery(ctx));
    const trash = await listTrash(store, repository.name);
    const untagged = await findUntagged(store, repository);
    const all = [...taggedIn(repository), ...untagged, ...trash.map(manifestOf)];
    await readPlatforms(repository, platforms, all, announce);
    const list: TagList = await listTags(store, repository, platforms, { untagged, trash });
    await longJson(ctx, list);
  });

  router.post('/api/tags', async (ctx) => {
    const fields = await readFields(ctx, ['from', 'to']);
    const from = object(fields, 'from', ['repository', 'reference']);
    const to = object(fields, 'to', ['repository', 'tag']);
    const source = {
      repository: parseName(required(from, 'repository')),
      reference: parseReference(required(from, 'reference')),
    };
    const target = { repository: parseName(required(to, 'repository')), tag: parseTag(required(to, 'tag')) };
    const { change, digest, replaced } = await tagManifest(store, source, target, actorOf(ctx));
    const tagged: Tagged = { change, digest, replaced: replaced ?? null };
    json(ctx, tagged);
  });

  router.delete('/api/tags', async (ctx) => {
    const tag = parseTag(requiredQuery(ctx, 'tag'));
    const deletion: Deletion = await deleteManifest(store, repositoryQuery(ctx), tag, actorOf(ctx));
    json(ctx, deletion);
  });
}

async function readPlatforms(
  repository: Repository,
  platforms: Platforms,
  manifests: readonly Manifest[],
  announce: (repository: string) => void,
): Promise<void> {
  let isAnswered = false;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, PLATFORMS_WAIT_MS);
  });
  const read = async (): Promise<void> => {
    const isNew = await platforms.readAll(repository, manifests);
    if (isNew && isAnswered) announce(repository.name);
  };
  await Promise.race([read(), late]);
  clearTimeout(timer);
  isAnswered = true;
}

/** In slices; where the catalog changes between two of them, the rest is of its new state. */
async function listTags(
  store: Store,
  repository: Repository,
  platforms: Platforms,
  others: { untagged: readonly Manifest[]; trash: readonly TrashedImage[] },
): Promise<TagList> {
  const { catalog } = store.ledger;
  const pace = new Pace();
  let usage = new Usage(catalog);
  let summaries = new Summaries(store, platforms, usage);
  const rest = async (): Promise<Summaries> => {
    await pace.rest();
    if (usage.isOutdated) {
      usage = new Usage(catalog);
      summaries = new Summaries(store, platforms, usage);
    }
    return summaries;
  };
  const tags: TagSummary[] = [];
  const attached: AttachedSummary[] = [];
  for (const tag of repository.sortedTags.slice()) {
    const summary = (await rest()).tag(repository, tag);
    if (summary === undefined) continue;
    const subject = findAttachedTo(repository, tag);
    if (subject === undefined) tags.push(summary);
    // With what is in the trash goes what is attached to it.
    else if (usage.isWanted(subject)) attached.push(describeAttached(repository, summary, subject));
  }
  const untagged: TagList['untagged'][number][] = [];
  for (const manifest of others.untagged) {
    const present = await rest();
    // It may have got a tag meanwhile, or be gone.
    if (repository.manifests.get(manifest.digest) !== manifest || repository.isTagged(manifest.digest))
      continue;
    untagged.push(present.manifest(repository, manifest));
  }
  const trashed: TagList['trash'][number][] = [];
  for (const each of others.trash) trashed.push((await rest()).trashed(repository, each));
  return { repository: repository.name, tags, attached, untagged, trash: trashed };
}

function describeAttached(
  repository: Repository,
  summary: TagSummary,
  { digest }: Manifest,
): AttachedSummary {
  return { ...summary, subject: digest, subjectTags: ownTags(repository, digest).sort() };
}

function* taggedIn(repository: Repository): Iterable<Manifest> {
  for (const { digest } of repository.tags.values()) {
    const manifest = repository.manifests.get(digest);
    if (manifest !== undefined) yield manifest;
  }
}

const manifestOf = ({ manifest }: TrashedImage): Manifest => manifest;

/** Wanted, though neither a tag nor an index leads there, and not attached to anything here; the newest first. */
async function findUntagged(store: Store, repository: Repository): Promise<Manifest[]> {
  const { catalog } = store.ledger;
  const pace = new Pace();
  const found: Manifest[] = [];
  let { version } = catalog;
  let wanted = wantedNow(store);
  for (const manifest of repository.manifests.values()) {
    await pace.rest();
    if (catalog.version !== version) {
      ({ version } = catalog);
      wanted = wantedNow(store);
    }
    if (repository.isTagged(manifest.digest) || !isForItself(repository, manifest)) continue;
    if (wanted.has(manifest)) found.push(manifest);
  }
  return found.sort((one, other) => other.pushedAt - one.pushedAt);
}
