import type { TrashedContent } from '../catalog/trash.ts';
import type { Repository } from '../catalog/repository.ts';
import { unknownManifest } from '../images/manifests.ts';
import { findMissingContent } from '../images/missing-content.ts';
import { readRepository, type Store } from '../images/store.ts';
import { isDigest, type Digest } from '../reference.ts';
import { formatBytes } from '../size.ts';
import { listTrash, type TrashedImage } from '../collector/trashed-images.ts';
import { wantedNow } from '../collector/unwanted.ts';
import { Pace } from '../pace.ts';
import { rulesOf } from './rules.ts';
import { readExclusive, Usage } from '../collector/usage.ts';
import { countTags, findSubjectOf } from '../images/attachments.ts';
import { iso } from '../time.ts';
import { count, named, WhyContent, type Explanation } from './why-content.ts';

/** More are not named. */
const MOST_MISSING = 5;

/**
 * What keeps a tag, a manifest, a blob or a whole repository, or what will take it.
 *
 * @param reference a tag or a digest; the repository if absent
 * @throws RegistryError NAME_UNKNOWN, MANIFEST_UNKNOWN
 */
export async function explain(store: Store, name: string, reference?: string): Promise<Explanation> {
  if (reference === undefined) return await explainRepository(store, name);
  if (!isDigest(reference)) {
    const digest = store.ledger.catalog.findRepository(name)?.tags.get(reference)?.digest;
    return await withMissing(store, name, digest, await explainTag(store, name, reference));
  }
  const found = await new WhyContent(store, name).find(reference);
  if (found !== undefined) return await withMissing(store, name, reference, found);
  readRepository(store, name);
  throw unknownManifest(name, reference);
}

/** Says, before all else, what of it cannot be pulled. */
async function withMissing(
  store: Store,
  name: string,
  digest: Digest | undefined,
  explanation: Explanation,
): Promise<Explanation> {
  const repository = store.ledger.catalog.findRepository(name);
  if (repository === undefined || digest === undefined) return explanation;
  const missing = await findMissingContent(store, repository, digest, MOST_MISSING);
  if (missing.length === 0) return explanation;
  const rest = missing.length === MOST_MISSING ? ', and perhaps more' : '';
  const text = `It is not whole: the content of ${missing.map((each) => each.digest).join(', ')}${rest} is missing or quarantined. Push it again.`;
  return { ...explanation, reasons: [text, ...explanation.reasons] };
}

async function explainRepository(store: Store, name: string): Promise<Explanation> {
  const { catalog } = store.ledger;
  const trash = catalog.trash.of(name);
  const restorable = trash.manifests.size + trash.blobs.size;
  const inTrash = describeTrash(await listTrash(store, name), trash);
  if (catalog.findRepository(name) === undefined && restorable > 0) {
    return { kept: false, deleted: true, reasons: ['All that was in it was deleted.', ...inTrash] };
  }
  const repository = readRepository(store, name);
  const { rules } = rulesOf(store.settings.current, name);
  const content = new WhyContent(store, name);
  const decisions = await content.decisions(repository);
  const going = decisions.filter(({ reason }) => !reason.stays);
  const numbers = rules.map(({ number }) => number).join(', ');
  return {
    kept: decisions.length > going.length,
    reasons: [
      `It has ${count(countTags(repository), 'tag')} and ${count(await countWanted(store, repository), 'manifest')}.`,
      rules.length === 0
        ? 'No retention rule matches it.'
        : `Retention rules that match it, the first that matches a tag decides: ${numbers}.`,
      ...(going.length === 0
        ? []
        : [`The next run of retention takes ${count(going.length, 'image or tag', 'images and tags')}.`]),
      ...inTrash,
      `Deleting it would free ${formatBytes(await readExclusive(catalog, repository))} in the end.`,
    ],
  };
}

async function explainTag(store: Store, name: string, tag: string): Promise<Explanation> {
  const { catalog } = store.ledger;
  const repository = catalog.findRepository(name);
  const present = repository?.tags.get(tag);
  if (repository === undefined || present === undefined) return await explainGoneTag(store, name, tag);
  const content = new WhyContent(store, name);
  const subject = findSubjectOf(repository, tag);
  const decision = (await content.decisions(repository)).find((each) => each.tag === tag);
  const others = [...repository.tagsOf(present.digest)].filter((each) => each !== tag);
  const freed = new Usage(catalog).tag(repository, tag);
  const budget = await content.budget(present.digest);
  return {
    kept: (decision?.reason.stays ?? true) && budget.length === 0,
    reasons: [
      `It points at ${present.digest}.`,
      ...(decision === undefined ? [] : [content.decided(decision)]),
      ...(subject === undefined
        ? []
        : [`It attaches something to ${subject.digest}, and stays and goes with that.`]),
      ...budget,
      ...(others.length === 0 ? [] : [`The same manifest has also ${named('the tag', 'the tags', others)}.`]),
      freed > 0
        ? `Deleting the tag would free ${formatBytes(freed)}, once nothing of it can be put back any more.`
        : 'Deleting the tag alone would free nothing: other images need all that it leads to.',
    ],
  };
}

function describeTrash(images: readonly TrashedImage[], { manifests, blobs }: TrashedContent): string[] {
  const what = [
    ...(images.length > 0
      ? [count(images.length, 'image')]
      : manifests.size > 0
        ? [count(manifests.size, 'manifest')]
        : []),
    ...(blobs.size === 0 ? [] : [count(blobs.size, 'blob')]),
  ];
  const subject = what.length === 1 && what[0]?.startsWith('1 ') === true ? 'It' : 'They';
  return what.length === 0 ? [] : [`In its trash: ${what.join(' and ')}. ${subject} can be put back.`];
}

async function countWanted(store: Store, { manifests }: Repository): Promise<number> {
  const pace = new Pace();
  const wanted = wantedNow(store);
  let found = 0;
  for (const manifest of manifests.values()) {
    await pace.rest();
    if (wanted.has(manifest)) found += 1;
  }
  return found;
}

/** @throws RegistryError NAME_UNKNOWN, MANIFEST_UNKNOWN if there never was one */
async function explainGoneTag(store: Store, name: string, tag: string): Promise<Explanation> {
  const { history, trash } = store.ledger.catalog;
  const events = history.timeline(name, tag);
  const last = events.at(-1);
  const digest = last?.previous;
  if (last === undefined || last.digest !== undefined || digest === undefined) {
    readRepository(store, name);
    throw unknownManifest(name, tag);
  }
  const by = last.actor.client?.split(/[\s(]/)[0];
  const who = last.actor.client?.startsWith('berth ') === true ? last.actor.client : by;
  const deleted = `The tag was deleted ${iso(last.time)}${who === undefined ? '' : ` by ${who}`}; it pointed at ${digest}.`;
  const trashed = trash.of(name).manifests.get(digest);
  if (trashed !== undefined) {
    const { kept, reasons } = new WhyContent(store, name).trashed('That manifest', trashed.deletedAt);
    return { kept, deleted: true, reasons: [deleted, ...reasons] };
  }
  const repository = store.ledger.catalog.findRepository(name);
  const live = repository?.manifests.get(digest);
  if (repository === undefined || live === undefined) {
    return { kept: false, deleted: true, reasons: [deleted, 'That manifest was reclaimed.'] };
  }
  const how = `"berth restore ${name}:${tag}@${digest}" puts the tag back.`;
  const { kept, reasons } = await new WhyContent(store, name).manifest(repository, live);
  return { kept, deleted: true, reasons: [deleted, ...reasons, how] };
}
