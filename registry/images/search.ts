import type { Catalog } from '../catalog/catalog.ts';
import type { Repository } from '../catalog/repository.ts';
import { Pace } from '../pace.ts';
import type { Digest } from '../reference.ts';
import { findAttachedTo } from './attachments.ts';

export interface SearchHit {
  readonly repository: string;
  /** Absent for the repository itself, and for a manifest that was found by its digest. */
  readonly tag?: string;
  readonly digest?: Digest;
}

/** How well something fits, the best first. */
const RANKS = ['exact', 'beginning', 'inside', 'tag exact', 'tag beginning', 'tag inside', 'digest'] as const;
type Rank = (typeof RANKS)[number];

const MOST_COUNTED = 10_000;

/** So much of a digest, and it is one that somebody copied. */
const DIGEST_PART = /^(?:sha(?:256|512):)?[a-f0-9]{4,128}$/;

/**
 * Repositories, tags and digests in which all words of the text occur, computed in slices. A tag is not found for
 * what its repository's name says already: that is found itself. Tags that only attach something are found by whoever
 * writes how they begin.
 */
export async function search(
  catalog: Catalog,
  text: string,
  limit: number,
): Promise<{ hits: SearchHit[]; total: number }> {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const hits = new Hits(limit);
  if (words.length === 0) return { hits: [], total: 0 };
  const pace = new Pace();
  const names = catalog.sortedNames.slice();
  const named = new Set<string>();
  for (const name of names) {
    await pace.rest();
    if (!words.every((word) => name.includes(word))) continue;
    named.add(name);
    hits.add(rankName(name, words), { repository: name });
  }
  for (const name of names) {
    const repository = catalog.findRepository(name);
    if (repository === undefined) continue;
    if (!named.has(name)) await searchTags(repository, words, hits, pace);
    await searchDigests(repository, text.trim().toLowerCase(), hits, pace);
    if (hits.total >= MOST_COUNTED) break;
  }
  return { hits: hits.best(), total: Math.min(hits.total, MOST_COUNTED) };
}

async function searchTags(
  repository: Repository,
  words: readonly string[],
  hits: Hits,
  pace: Pace,
): Promise<void> {
  const { name } = repository;
  const needed = words.filter((word) => !name.includes(word));
  const isAsked = words.some(isAttachmentBeginning);
  for (const [tag, { digest }] of repository.tags) {
    await pace.rest();
    if (!isAsked && findAttachedTo(repository, tag) !== undefined) continue;
    const lower = tag.toLowerCase();
    // Either in the tag itself, or across the colon: `app:v1`.
    if (!needed.every((word) => lower.includes(word) || `${name}:${lower}`.includes(word))) continue;
    hits.add(rankTag(lower, needed), { repository: name, tag, digest });
  }
}

/** `sha256-`, as such tags begin. */
function isAttachmentBeginning(word: string): boolean {
  return /(?:^|:)sha(?:256|512)-/.test(word);
}

async function searchDigests(repository: Repository, text: string, hits: Hits, pace: Pace): Promise<void> {
  if (!DIGEST_PART.test(text)) return;
  for (const digest of repository.manifests.keys()) {
    await pace.rest();
    const isFound = text.includes(':') ? digest.startsWith(text) : digest.includes(text, digest.indexOf(':'));
    if (isFound) hits.add('digest', { repository: repository.name, digest });
  }
}

function rankName(name: string, [first = '', ...others]: readonly string[]): Rank {
  if (others.length > 0) return 'inside';
  if (name === first || name.endsWith(`/${first}`)) return 'exact';
  return name.startsWith(first) || name.includes(`/${first}`) ? 'beginning' : 'inside';
}

function rankTag(tag: string, words: readonly string[]): Rank {
  const last = words.at(-1) ?? '';
  const word = last.slice(last.indexOf(':') + 1);
  if (tag === word) return 'tag exact';
  return tag.startsWith(word) ? 'tag beginning' : 'tag inside';
}

/** The best so far: of each rank no more than are wanted at all. */
class Hits {
  total = 0;
  readonly #limit: number;
  readonly #ranks = new Map<Rank, SearchHit[]>(RANKS.map((rank) => [rank, []]));

  constructor(limit: number) {
    this.#limit = limit;
  }

  add(rank: Rank, hit: SearchHit): void {
    this.total += 1;
    const hits = this.#ranks.get(rank);
    if (hits !== undefined && hits.length < this.#limit) hits.push(hit);
  }

  best(): SearchHit[] {
    return [...this.#ranks.values()].flat().slice(0, this.#limit);
  }
}
