import type {
  AttachedSummary,
  ImageSummary,
  TagList,
  TagSummary,
  TrashedSummary,
} from '../../../registry/api/contract.ts';
import { counted } from '../../components/format.ts';

/** A row of the list: a tag, or a manifest that has none. */
export interface Listed extends ImageSummary {
  readonly repository: string;
  readonly tag: string | null;
  readonly protected: boolean;
  readonly protectedBy: TagSummary['protectedBy'];
  readonly expiresAt: string | null;
}

/** What a repository has: images, what is attached to them, and what is on its way out. */
export interface Listing {
  readonly images: readonly Listed[];
  /** Signatures and the like that have tags of their own. */
  readonly attached: readonly AttachedSummary[];
  readonly trash: readonly TrashedSummary[];
}

/** What `/api/` calls it: a tag, or a digest where there is none. */
export const referenceOf = ({ tag, digest }: { tag: string | null; digest: string }): string => tag ?? digest;

/** What leads to an image: its tag, or its digest where it has none. */
export interface Named {
  readonly repository: string;
  readonly tag: string | null;
  readonly digest: string;
}

/** `team/app:v1`, `team/app@sha256:...`: as clients write it, without the host. */
export const nameAt = (repository: string, reference: string): string =>
  `${repository}${reference.includes(':') ? '@' : ':'}${reference}`;

export const nameOf = (image: Named): string => nameAt(image.repository, referenceOf(image));

/** The same for people, to whom seven characters more of a digest say nothing. */
export function shortNameOf(image: Named): string {
  return image.tag === null ? `${image.repository}@${image.digest.slice(0, 19)}` : nameOf(image);
}

/** `3 tags`; `3 images`, if one of them has no tag. */
export const countedImages = (images: readonly { tag: string | null }[]): string =>
  counted(images.length, images.some(({ tag }) => tag === null) ? 'image' : 'tag');

const UNTAGGED = { tag: null, protected: false, protectedBy: null, expiresAt: null };

export function listed({ repository, tags, attached, untagged, trash }: TagList): Listing {
  const images = [
    ...tags.map((image): Listed => Object.assign({ repository }, image)),
    ...untagged.map((image): Listed => Object.assign({ repository }, UNTAGGED, image)),
  ];
  return { images, attached, trash };
}

/** Tags by the digest of their image, where several lead to one. */
export function tagsOfSame(images: readonly Listed[]): ReadonlyMap<string, readonly string[]> {
  const byDigest = new Map<string, string[]>();
  for (const { tag, digest } of images) {
    if (tag === null) continue;
    const known = byDigest.get(digest);
    if (known === undefined) byDigest.set(digest, [tag]);
    else known.push(tag);
  }
  for (const [digest, tags] of byDigest) if (tags.length === 1) byDigest.delete(digest);
  return byDigest;
}

const COMPARE: Readonly<Record<string, (one: Listed, other: Listed) => number>> = {
  tag: (one, other) => compareTags(one.tag, other.tag),
  size: (one, other) => one.size - other.size,
  exclusive: (one, other) => one.exclusive - other.exclusive,
  pushed: (one, other) => compare(one.pushedAt, other.pushedAt),
  pulled: (one, other) => compare(one.pulledAt ?? '', other.pulledAt ?? ''),
};

/** What has no tag comes last in any order: somebody pushed it by its digest, or a part of an index that never came. */
export function sortImages(images: readonly Listed[], by: string, descending: boolean): readonly Listed[] {
  const order = COMPARE[by] ?? COMPARE['tag'] ?? (() => 0);
  const sign = descending ? -1 : 1;
  return images.toSorted(
    (one, other) =>
      Number(one.tag === null) - Number(other.tag === null) ||
      sign * order(one, other) ||
      compareTags(one.tag, other.tag),
  );
}

/** Every word must be somewhere in the tag, the digest or the platforms. */
export function searchImages(images: readonly Listed[], text: string): readonly Listed[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return images;
  return images.filter(({ tag, digest, platforms }) => {
    const all = `${tag ?? ''} ${digest} ${platforms?.join(' ') ?? ''}`.toLowerCase();
    return words.every((word) => all.includes(word));
  });
}

const NATURAL = new Intl.Collator('en', { numeric: true });

/** `v2` before `v10`. */
const compareTags = (one: string | null, other: string | null): number =>
  NATURAL.compare(one ?? '', other ?? '');

const compare = (one: string, other: string): number => (one < other ? -1 : Number(one > other));
