import { Catalog } from '../../registry/catalog/catalog.ts';
import type { ManifestEntry, Operation } from '../../registry/catalog/operation.ts';
import { takeSnapshot } from '../../registry/catalog/snapshot.ts';
import type { JournalRecord } from '../../registry/journal/record.ts';
import type { Digest } from '../../registry/reference.ts';

/** The repository that it is all about. */
export const NAME = 'team/app';

export function digest(number: number): Digest {
  return `sha256:${number.toString(16).padStart(64, '0')}`;
}

const blob = (number: number) => ({ mediaType: 'test/blob', digest: digest(number), size: 10 + number });

export function image(number: number, more: Partial<ManifestEntry> = {}): Operation {
  const parts = { config: blob(1000 + number), layers: [blob(2000 + (number % 3))] };
  const manifest = { digest: digest(number), size: 100, mediaType: 'test/image', ...parts, ...more };
  return { op: 'manifest.put', repository: NAME, manifest };
}

export function index(number: number, children: number[]): Operation {
  const manifests = children.map((each) => ({ mediaType: 'test/image', digest: digest(each), size: 100 }));
  const manifest = { digest: digest(number), size: 100, mediaType: 'test/index', manifests };
  return { op: 'manifest.put', repository: NAME, manifest };
}

export const tag = (name: string, number: number): Operation => ({
  op: 'tag.put',
  repository: NAME,
  tag: name,
  digest: digest(number),
});

/** A catalog, and what happens to it in one record after the other. */
export class Story {
  readonly catalog = new Catalog();
  #seq = 0;

  /** @returns the record's number */
  do(...ops: Operation[]): number {
    this.catalog.apply(this.#record(ops));
    return this.#seq;
  }

  /** As a server does it. @param read called between any two steps */
  doInSteps(read: () => void, ...ops: Operation[]): number {
    const record = this.#record(ops);
    for (const _ of this.catalog.prepare(record)) read();
    this.catalog.apply(record);
    for (const _ of this.catalog.settle()) continue;
    return this.#seq;
  }

  #record(ops: Operation[]): JournalRecord<Operation> {
    this.#seq += 1;
    return { seq: this.#seq, batch: this.#seq, time: 1000 + this.#seq, actor: { client: 'test' }, ops };
  }

  get state(): string {
    return JSON.stringify(takeSnapshot(this.catalog));
  }

  /** Tags, manifests and links: what a client can see. */
  get visible(): unknown {
    return takeSnapshot(this.catalog).repositories.map(({ name, tags, manifests, blobs, lastPush }) => ({
      name,
      tags: tags.map(([each, to, pushedAt]) => [each, to, pushedAt]),
      manifests: manifests.map((each) => each.digest),
      blobs: blobs.map(([each]) => each).toSorted(),
      lastPush,
    }));
  }

  get content(): unknown[] {
    return contentOf(this.catalog);
  }
}

/** Who needs which content. */
export function contentOf({ content }: Catalog): unknown[] {
  return [[...content.entries()].toSorted(([a], [b]) => (a < b ? -1 : 1)), content.totalSize, content.layers];
}

/** What order things were remembered in is not the point. */
export function sorted(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(sorted).toSorted().join()}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value).map(([name, each]) => `${name}:${sorted(each)}`);
  return `{${members.toSorted().join()}}`;
}

/** @returns an integer from 0, less than `below` */
export type Random = (below: number) => number;

/** The same numbers for the same seed. */
export function randomOf(seed: number): Random {
  let state = seed * 2_654_435_761 + 1;
  return (below) => {
    state = (Math.imul(state ^ (state >>> 15), 2_246_822_519) + 1) >>> 0;
    return (state >>> 8) % below;
  };
}
