import type {
  Deletion,
  DeletionPlan,
  ExportPlan,
  HistoryEvent,
  ImageDetails,
  ImageReference,
  MissingContentList,
  PlatformImage,
  ProtectionPlan,
  RestorePlan,
  Tagged,
  TagList,
  TagsChanged,
} from '../../../registry/api/contract.ts';
import { ask, get, post, request } from '../../state/api.ts';

/** What the place Images asks of the server. */
export const readTags = (repository: string, signal: AbortSignal): Promise<TagList> =>
  get<TagList>('/api/tags', { repository }, signal);

export const readImage = (
  repository: string,
  reference: string,
  signal: AbortSignal,
): Promise<ImageDetails> => get<ImageDetails>('/api/images', { repository, reference }, signal);

export const readPlatform = (
  repository: string,
  digest: string,
  signal: AbortSignal,
): Promise<PlatformImage> => get<PlatformImage>('/api/images/platform', { repository, digest }, signal);

/** What of it should be here and is not. */
export const readMissing = (
  repository: string,
  reference: string,
  signal: AbortSignal,
): Promise<MissingContentList> =>
  get<MissingContentList>('/api/images/missing', { repository, reference }, signal);

export async function readTimeline(
  repository: string,
  tag: string,
  signal: AbortSignal,
): Promise<readonly HistoryEvent[]> {
  const { events } = await get<{ events: readonly HistoryEvent[] }>(
    '/api/history',
    { repository, tag },
    signal,
  );
  return events;
}

/** The manifest as it was pushed, byte for byte. */
export async function readManifest(
  repository: string,
  digest: string,
  mediaType: string,
  signal: AbortSignal,
): Promise<string> {
  const path = `/v2/${repository}/manifests/${digest}`;
  const response = await request('GET', path, { headers: { Accept: mediaType }, signal });
  return response.text();
}

export const planDeletion = (
  references: readonly ImageReference[],
  signal: AbortSignal,
): Promise<DeletionPlan> => post<DeletionPlan>('/api/deletions/plan', { references }, signal);

export const deleteImages = (references: readonly ImageReference[]): Promise<Deletion> =>
  post<Deletion>('/api/deletions', { references });

export const tagImage = (from: ImageReference, to: { repository: string; tag: string }): Promise<Tagged> =>
  post<Tagged>('/api/tags', { from, to });

export const planRestore = (
  at: { repository: string; tag: string; digest: string },
  signal: AbortSignal,
): Promise<RestorePlan> => post<RestorePlan>('/api/restore/plan', at, signal);

export const restoreTag = (
  repository: string,
  tag: string,
  digest: string,
): Promise<{ change: number | null }> =>
  post<{ change: number | null }>('/api/restore', { repository, tag, digest });

/** Takes an image out of the trash, with the tags that it had. */
export const putBack = (
  repository: string,
  digest: string,
): Promise<{ change: number; tags: readonly string[] }> =>
  post<{ change: number; tags: readonly string[] }>('/api/restore', { repository, digest });

/** All of them in one change, or none. */
export const changeTags = (
  repository: string,
  images: readonly { readonly tag: string | null }[],
  change: { protected: boolean } | { expiresAt: string | null },
): Promise<TagsChanged> => {
  return ask<TagsChanged>('PATCH', '/api/tags', {
    query: { repository },
    body: { tags: tagsOf(images), ...change },
  });
};

/** What the retention rules say of them then. */
export const planProtection = (
  repository: string,
  images: readonly { readonly tag: string | null }[],
  isProtected: boolean,
  signal: AbortSignal,
): Promise<ProtectionPlan> =>
  ask<ProtectionPlan>('POST', '/api/tags/plan', {
    query: { repository },
    body: { tags: tagsOf(images), protected: isProtected },
    signal,
  });

const tagsOf = (images: readonly { readonly tag: string | null }[]): readonly string[] =>
  images.flatMap(({ tag }) => (tag === null ? [] : [tag]));

/** Of all platforms that are here, or of one. */
export const planExport = (
  references: readonly string[],
  platform: string | undefined,
  signal: AbortSignal,
): Promise<ExportPlan> => post<ExportPlan>('/api/export/plan', { references, platform }, signal);

export function exportUrl(references: readonly string[], platform: string | undefined): string {
  const named = references.map((each) => `reference=${encodeURIComponent(each)}`);
  const chosen = platform === undefined ? [] : [`platform=${encodeURIComponent(platform)}`];
  return `/api/export?${[...named, ...chosen].join('&')}`;
}
