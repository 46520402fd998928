import { RegistryError } from './error.ts';

// The grammar of the OCI Distribution Spec 1.1, "Pulling manifests".
const NAME = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/;
const TAG = /^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}$/;
const DIGEST = /^(?:sha256:[a-f0-9]{64}|sha512:[a-f0-9]{128})$/;

/** Docker and containerd refuse longer names, host included; so a longer one could never be pulled. */
const NAME_LENGTH = 255;

export type Algorithm = 'sha256' | 'sha512';

/** `sha256:<64 hex>` or `sha512:<128 hex>`. Only `parseDigest` makes one, so it is safe in a path. */
export type Digest = `${Algorithm}:${string}`;

export function isDigest(text: string): text is Digest {
  return DIGEST.test(text);
}

export function isTag(text: string): boolean {
  return TAG.test(text);
}

/** @throws RegistryError NAME_INVALID */
export function parseName(text: string): string {
  if (text.length > NAME_LENGTH || !NAME.test(text)) {
    throw new RegistryError('NAME_INVALID', `${JSON.stringify(abridge(text))} is not a repository name.`, {
      detail: {
        name: abridge(text),
        expected: `at most ${NAME_LENGTH} characters: lower-case letters, digits, ". _ -" between them, "/"`,
      },
    });
  }
  return text;
}

/** @throws RegistryError TAG_INVALID */
export function parseTag(text: string): string {
  if (!TAG.test(text)) {
    throw new RegistryError('TAG_INVALID', `${JSON.stringify(abridge(text))} is not a tag.`, {
      detail: { tag: abridge(text), expected: '1 to 128 characters: letters, digits, "_ . -"' },
    });
  }
  return text;
}

/** @throws RegistryError DIGEST_INVALID */
export function parseDigest(text: string): Digest {
  if (isDigest(text)) return text;
  throw new RegistryError(
    'DIGEST_INVALID',
    `${JSON.stringify(abridge(text))} is not a digest that Berth knows.`,
    {
      detail: { digest: abridge(text), expected: 'sha256:<64 hex digits> or sha512:<128 hex digits>' },
    },
  );
}

/**
 * A tag or a digest. Anything with a colon was meant to be a digest: that is the better message.
 *
 * @throws RegistryError TAG_INVALID, DIGEST_INVALID
 */
export function parseReference(text: string): string {
  return text.includes(':') ? parseDigest(text) : parseTag(text);
}

/** @throws RegistryError UNSUPPORTED */
export function parseAlgorithm(text: string): Algorithm {
  if (text === 'sha256' || text === 'sha512') return text;
  throw new RegistryError('UNSUPPORTED', 'Berth hashes with sha256 and sha512.', {
    detail: { algorithm: abridge(text) },
  });
}

export function algorithmOf(digest: Digest): Algorithm {
  return digest.startsWith('sha512:') ? 'sha512' : 'sha256';
}

export function hexOf(digest: Digest): string {
  return digest.slice(digest.indexOf(':') + 1);
}

/** What a client sent, short enough to be shown to it again. */
function abridge(text: string): string {
  return text.length > 300 ? `${text.slice(0, 300)}…` : text;
}
