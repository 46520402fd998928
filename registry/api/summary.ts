import type { Manifest, Repository } from '../catalog/repository.ts';
import type { TrashedImage } from '../collector/trashed-images.ts';
import type { Usage } from '../collector/usage.ts';
import { attachmentTags } from '../images/attachments.ts';
import { artifactTypeOf, kindOf } from '../images/kind.ts';
import type { Platforms } from '../images/platforms.ts';
import { findProtectingRule } from '../images/protection.ts';
import type { Store } from '../images/store.ts';
import { hexOf } from '../reference.ts';
import { DAY_MS, iso } from '../time.ts';
import type { ImageSummary, TagSummary, TrashedSummary, TrashState } from './contract.ts';

/** What lists and pages show of every manifest. One instance is for one state of the catalog. */
export class Summaries {
  readonly #store: Store;
  readonly #platforms: Platforms;
  readonly #usage: Usage;

  constructor(store: Store, platforms: Platforms, usage: Usage) {
    this.#store = store;
    this.#platforms = platforms;
    this.#usage = usage;
  }

  tag(repository: Repository, tag: string): TagSummary | undefined {
    const found = repository.tags.get(tag);
    const manifest = found === undefined ? undefined : repository.manifests.get(found.digest);
    if (found === undefined || manifest === undefined) return undefined;
    return {
      tag,
      ...this.#describe(repository, manifest),
      pushedAt: iso(found.pushedAt),
      exclusive: this.#usage.tag(repository, tag),
      protected: found.protected ?? false,
      protectedBy: findProtectingRule(this.#store.settings.current, repository.name, tag) ?? null,
      expiresAt: found.expiresAt === undefined ? null : iso(found.expiresAt),
    };
  }

  /** What deleting the manifest with all its tags would free is its own. */
  manifest(repository: Repository, manifest: Manifest): ImageSummary {
    const going = this.#usage.goingWithManifest(repository, manifest);
    return { ...this.#describe(repository, manifest), exclusive: this.#usage.bytesOnlyOf(going) };
  }

  trashed(repository: Repository, trashed: TrashedImage): TrashedSummary {
    const { size } = trashed;
    const trash = describeTrash(this.#store, trashed);
    return { ...this.#describe(repository, trashed.manifest), size, trash };
  }

  #describe(repository: Repository, manifest: Manifest): Omit<ImageSummary, 'exclusive'> {
    const { digest, mediaType, layers = [], manifests } = manifest;
    const pulledAt = this.#store.observations.lastPull(manifest);
    return {
      digest,
      mediaType,
      kind: kindOf(manifest),
      artifactType: artifactTypeOf(manifest) ?? null,
      platforms: this.#platforms.find(manifest) ?? null,
      parts: manifests?.length ?? layers.length,
      size: repository.sizeOf(digest),
      pushedAt: iso(manifest.pushedAt),
      pulledAt: pulledAt === undefined ? null : iso(pulledAt),
      referrers: countAttached(repository, manifest),
    };
  }
}

export function describeTrash({ settings }: Store, trashed: TrashedImage): TrashState {
  const { manifest, since, tags, isReplaced, isLive } = trashed;
  const until = since + settings.current.undoDays * DAY_MS;
  return {
    digest: manifest.digest,
    since: iso(since),
    until: iso(until),
    tags,
    replaced: isReplaced,
    pullable: isLive,
  };
}

/** By the referrers API, or by a tag as cosign does it. The tag that lists referrers is none itself. */
function countAttached(repository: Repository, { digest }: Manifest): number {
  let count = 0;
  for (const _ of repository.referrers(digest)) count += 1;
  return count + signatureTags(repository, digest).length;
}

export function signatureTags(repository: Repository, digest: Manifest['digest']): string[] {
  const part = hexOf(digest).slice(0, 64);
  return attachmentTags(repository, digest).filter((tag) => !tag.endsWith(part));
}
