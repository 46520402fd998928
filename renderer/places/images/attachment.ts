import type { ImageDetails } from '../../../registry/api/contract.ts';
import { attachmentName, kindName } from './kind.ts';
import type { Listed } from './listed.ts';

/** What an image is to another: `Signature of web/shop:1.4`. */
export interface Attachment {
  /** `Signature`, `SBOM`; begins a title. */
  readonly what: string;
  /** Digest of the image that it is attached to, and its tags, as far as they are here. */
  readonly subject: string;
  readonly tags: readonly string[];
}

/** Undefined for what stands for itself. By its own word, or by a tag such as `sha256-<hex>.sig`. */
export function attachmentOf(
  image: Pick<ImageDetails, 'subject' | 'tag' | 'kind' | 'artifactType' | 'mediaType'>,
  images: readonly Listed[],
): Attachment | undefined {
  const [, algorithm, hex] = /^(sha256|sha512)-([0-9a-f]{64,128})(\.\w+)?$/.exec(image.tag ?? '') ?? [];
  const subject = image.subject ?? (hex === undefined ? undefined : `${algorithm}:${hex}`);
  if (subject === undefined) return undefined;
  const named = hex !== undefined && image.tag !== null ? attachmentName(image.tag) : kindName(image);
  const tags = images.flatMap(({ digest, tag }) => (digest === subject && tag !== null ? [tag] : []));
  return { what: capitalised(named === 'image' ? 'attachment' : named), subject, tags };
}

/** A type that has no other name stays as it is. */
const capitalised = (name: string): string =>
  name.includes('/') ? name : name.charAt(0).toUpperCase() + name.slice(1);
