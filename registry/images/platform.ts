const LONGEST = 100;

/**
 * `linux/amd64`, `linux/arm/v7` out of the members that configs and indexes name it with; undefined if they do
 * not. The one variant that arm64 has goes without saying.
 */
export function formatPlatform(fields: Readonly<Record<string, unknown>>): string | undefined {
  const { os, architecture, variant } = fields;
  if (typeof os !== 'string' || typeof architecture !== 'string') return undefined;
  if (os === '' || architecture === '') return undefined;
  const isPlain =
    typeof variant !== 'string' || variant === '' || (architecture === 'arm64' && variant === 'v8');
  return (isPlain ? `${os}/${architecture}` : `${os}/${architecture}/${variant}`).slice(0, LONGEST);
}

/** What buildx gives its attestations, so that nobody runs them. */
export const NO_PLATFORM = 'unknown/unknown';
