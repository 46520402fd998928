import { stringOf, type Fields } from './json.ts';

/** `linux/amd64`, `linux/arm/v7`, of a descriptor's platform or of a config; undefined if it says none. */
export function formatPlatform(fields: Fields): string | undefined {
  const os = stringOf(fields['os']);
  const architecture = stringOf(fields['architecture']);
  if (os === undefined || architecture === undefined) return undefined;
  const variant = stringOf(fields['variant']);
  return variant === undefined ? `${os}/${architecture}` : `${os}/${architecture}/${variant}`;
}
