import type { Digest } from '../reference.ts';
import type { Operation } from './operation.ts';

/** What operations on their way to the disk mean to what is decided or answered beside them. */

/** Whether it may take content away from a repository. */
export function takesAway(operation: Operation, repository: string, digest: Digest): boolean {
  if (!isAbout(operation, repository)) return false;
  switch (operation.op) {
    case 'manifest.delete':
    case 'blob.unlink':
      return operation.digest === digest;
    case 'drop':
      return operation.manifests.includes(digest) || operation.blobs.includes(digest);
    case 'blob.link':
    case 'blob.restore':
    case 'manifest.put':
    case 'manifest.restore':
    case 'tag.put':
    case 'tag.delete':
    case 'tag.set':
      return false;
    default:
      return true;
  }
}

/** Whether it may change some of the tags, or take away what they point at. */
export function affectsTags(operation: Operation, repository: string, tags: ReadonlySet<string>): boolean {
  if (!isAbout(operation, repository)) return false;
  switch (operation.op) {
    case 'tag.put':
    case 'tag.delete':
    case 'tag.set':
      return tags.has(operation.tag);
    case 'blob.link':
    case 'blob.unlink':
    case 'blob.restore':
    case 'manifest.put':
    case 'manifest.restore':
      return false;
    default:
      return true;
  }
}

/** Whether it does anything to the repository. */
export function isAbout(operation: Operation, repository: string): boolean {
  return 'repository' in operation && operation.repository === repository;
}
