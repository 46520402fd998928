import { counted, formatSize, shortDigest } from '../../components/format.ts';
import type { DiskRepository, DiskUse, RepositoryContent } from '../../../registry/api/contract.ts';

/** A piece of the map: what it stands for, and what opening it shows. */
export interface Cell {
  readonly id: string;
  readonly label: string;
  /** Its area and its figure: every byte of the disk is in one cell, and in one only. */
  readonly bytes: number;
  readonly kind: 'repository' | 'layer' | 'trash' | 'quiet' | 'rest';
  /** All of it, for the tooltip and for ears. */
  readonly words: string;
  /** Of a layer, whose hue it has. */
  readonly digest?: string;
  readonly shared?: boolean;
  readonly parts: readonly Part[];
}

/** A layer within a repository's cell, or what stands for its layers until they are known. */
export interface Part {
  readonly digest: string | null;
  readonly bytes: number;
  readonly shared: boolean;
}

type Layer = RepositoryContent['layers'][number];

/** Fewer cells are read at a glance; the others are one cell that leads to the table. */
const MOST_CELLS = 140;
const LEAST_SHARE = 0.0006;

/** What uses the disk: repositories, the trash, and what Berth itself needs. */
export function diskCells(
  use: DiskUse,
  contents: ReadonlyMap<string, RepositoryContent> = new Map(),
): readonly Cell[] {
  const repositories = use.repositories.map((each) => repositoryCell(each, contents.get(each.name)));
  const { uploads, journal, cache, quarantine, other } = use.parts;
  const quiet = [
    quietCell('trash', 'Trash', use.trash, 'What was deleted and can still be put back.'),
    quietCell('reclaimable', 'Can be freed', use.reclaimable, 'Nothing needs it any more.'),
    quietCell('uploads', 'Uploads', uploads + use.pending, 'Pushes under way, and those that broke off.'),
    quietCell('quarantine', 'Quarantine', quarantine, 'Damaged content that was set aside.'),
    quietCell('own', 'Berth itself', journal + cache + other, 'Journal, cache and log.'),
  ].filter(({ bytes }) => bytes > 0);
  return folded(repositories.filter(({ bytes }) => bytes > 0).concat(quiet));
}

/** The layers of a repository, at their full size: what deleting the whole world but it would leave. */
export function layerCells({ layers }: RepositoryContent): readonly Cell[] {
  return folded(layers.map(layerCell));
}

function repositoryCell(
  { name, exclusive, shared, part: bytes, tags }: DiskRepository,
  content: RepositoryContent | undefined,
): Cell {
  const words = [
    name,
    `${formatSize(bytes)} of the disk`,
    shared > 0
      ? `${formatSize(exclusive)} of its own, and its part of ${formatSize(shared)} shared with other repositories`
      : '',
    counted(tags, 'tag'),
  ];
  return {
    id: `repository ${name}`,
    label: name,
    bytes,
    kind: 'repository',
    words: words.filter(Boolean).join('\n'),
    parts: content ? layerParts(content) : unknownParts(exclusive, bytes - exclusive),
  };
}

/** What several repositories need is divided among them, so that the whole is what the disk holds. */
function layerParts({ layers }: RepositoryContent): readonly Part[] {
  return layers.map(({ digest, size, repositories }) => ({
    digest,
    bytes: size / (repositories.length + 1),
    shared: repositories.length > 0,
  }));
}

const unknownParts = (own: number, shared: number): readonly Part[] =>
  [
    { digest: null, bytes: own, shared: false },
    { digest: null, bytes: shared, shared: true },
  ].filter(({ bytes }) => bytes > 0);

function layerCell({ digest, size, tags, tagCount, repositories }: Layer): Cell {
  const more = tagCount - tags.length;
  const used = [...tags, ...(more > 0 ? [`${more} more`] : [])].join(', ');
  const shared = repositories.length > 0;
  return {
    id: digest,
    label: shortDigest(digest),
    bytes: size,
    kind: 'layer',
    digest,
    shared,
    words: [
      digest,
      formatSize(size),
      tagCount > 0 ? `In ${used}` : 'In no tag of this repository',
      shared ? `Also in ${listed(repositories)}` : 'In no other repository',
    ].join('\n'),
    parts: [],
  };
}

function quietCell(id: string, label: string, bytes: number, why: string): Cell {
  const kind = id === 'trash' ? 'trash' : 'quiet';
  return { id, label, bytes, kind, words: `${label}, ${formatSize(bytes)}\n${why}`, parts: [] };
}

function folded(cells: readonly Cell[]): readonly Cell[] {
  const sorted = [...cells].sort((a, b) => b.bytes - a.bytes || a.label.localeCompare(b.label));
  const least = sorted.reduce((sum, { bytes }) => sum + bytes, 0) * LEAST_SHARE;
  const shown = sorted.filter(({ bytes }, index) => index < MOST_CELLS && bytes >= least);
  const rest = sorted.slice(shown.length);
  if (rest.length < 2) return sorted;
  const bytes = rest.reduce((sum, each) => sum + each.bytes, 0);
  const label = counted(rest.length, 'smaller one');
  const words = `${label}, ${formatSize(bytes)}\nThe table shows all of them.`;
  return [...shown, { id: 'rest', label, bytes, kind: 'rest', words, parts: [] }];
}

const listed = (names: readonly string[]): string =>
  names.length <= 4 ? names.join(', ') : `${names.slice(0, 3).join(', ')} and ${names.length - 3} others`;
