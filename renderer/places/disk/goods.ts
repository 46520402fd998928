import type { ReclaimPreview, ReclaimResult, Stay } from '../../../registry/api/contract.ts';
import { counted, formatMoment, formatSize } from '../../components/format.ts';

/** Something that goes, as one line: which, why, since when, and what it frees. */
export interface Going {
  readonly key: string;
  readonly repository: string | null;
  readonly digest: string;
  /** What it was called. */
  readonly tags: readonly string[];
  readonly kind: 'manifest' | 'config' | 'layer' | 'blob';
  readonly why: string;
  /** ISO 8601; null if it has no time of its own. */
  readonly since: string | null;
  /** Bytes of the disk; 0 where something else still needs the file. */
  readonly bytes: number;
}

const WHY: Record<Stay['reason'], string> = {
  deleted: 'deleted',
  untagged: 'lost its last tag',
  unused: 'no manifest uses it',
  'in use': 'a push or pull is using it',
};

/** Every file and every entry of the plan; the largest first. */
export function goingOf({ items, content }: ReclaimPreview): readonly Going[] {
  const files = new Map(content.map((file) => [file.digest, file]));
  const named = items.map(({ repository, kind, digest, tags, reason, since }, index): Going => {
    const file = files.get(digest);
    files.delete(digest);
    return {
      key: `${index} ${digest}`,
      repository,
      digest,
      tags,
      kind: file?.kind ?? (kind === 'link' ? 'blob' : 'manifest'),
      why: WHY[reason],
      since: since.startsWith('1970') ? null : since,
      bytes: file?.bytes ?? 0,
    };
  });
  // What goes because all that named it goes.
  const along = [...files.values()].map(({ digest, kind, bytes }): Going => {
    const why = 'nothing else needs it';
    return { key: digest, repository: null, digest, tags: [], kind, why, since: null, bytes };
  });
  return [...named, ...along].sort((a, b) => b.bytes - a.bytes);
}

/** `4 files: 1 manifest, 2 layers and 1 config`; of one kind only that. */
export function removedBy(result: ReclaimResult): string {
  const { deletedBlobs, deletedManifests, deletedLayers, deletedConfigs } = result;
  const others = deletedBlobs - deletedManifests - deletedLayers - deletedConfigs;
  const kinds = [
    deletedManifests > 0 && counted(deletedManifests, 'manifest'),
    deletedLayers > 0 && counted(deletedLayers, 'layer'),
    deletedConfigs > 0 && counted(deletedConfigs, 'config'),
    others > 0 && counted(others, 'blob'),
  ].filter((kind) => kind !== false);
  const last = kinds.pop();
  if (last === undefined) return 'Nothing';
  return kinds.length === 0 ? last : `${counted(deletedBlobs, 'file')}: ${kinds.join(', ')} and ${last}`;
}

/** What stays and why, in sentences. */
export function staysOf(
  { stays, trashBytes, uploads }: Pick<ReclaimPreview, 'stays' | 'trashBytes' | 'uploads'>,
  now: number,
): readonly string[] {
  const count = (...reasons: Stay['reason'][]): number =>
    stays.filter(({ reason }) => reasons.includes(reason)).reduce((sum, each) => sum + each.count, 0);
  const restorable = count('deleted', 'untagged');
  const pushing = count('unused', 'in use');
  return [
    restorable > 0 &&
      `${counted(restorable, 'thing stays', 'things stay')} in the trash, ${formatSize(trashBytes)}: until the undo window ends ${restorable === 1 ? 'it' : 'they'} can be put back.`,
    pushing > 0 &&
      `${counted(pushing, 'blob stays', 'blobs stay')} for pushes and pulls that may be under way.`,
    uploads.until !== null &&
      `${counted(uploads.count, 'upload is', 'uploads are')} under way or broken off, ${formatSize(uploads.bytes)}: held until ${formatMoment(uploads.until, now)}, in case the ${uploads.count === 1 ? 'client goes' : 'clients go'} on.`,
  ].filter((line) => line !== false);
}
