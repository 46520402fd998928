import { isDigest, type Digest } from '../../reference.ts';
import type { Store } from '../store.ts';
import { isFields } from './json.ts';
import { formatPlatform } from './platform.ts';

/** What an index says of one of its manifests. */
export interface Listed {
  readonly digest: Digest;
  /** Undefined if it says none, and for buildx's attestations. */
  readonly platform: string | undefined;
}

/** The manifests of an index that the registry has, in its order. */
export async function readListed(store: Pick<Store, 'blobs'>, digest: Digest): Promise<Listed[]> {
  const content = await store.blobs.findContent(digest);
  return content === undefined ? [] : parseListed(content);
}

export function parseListed(index: Buffer): Listed[] {
  const fields: unknown = JSON.parse(index.toString());
  const entries =
    isFields(fields) && Array.isArray(fields['manifests']) ? (fields['manifests'] as unknown[]) : [];
  return entries.flatMap((entry) => {
    if (!isFields(entry) || typeof entry['digest'] !== 'string' || !isDigest(entry['digest'])) return [];
    const platform = isFields(entry['platform']) ? formatPlatform(entry['platform']) : undefined;
    const isRunnable = platform !== undefined && !platform.startsWith('unknown/');
    return [{ digest: entry['digest'], platform: isRunnable ? platform : undefined }];
  });
}
