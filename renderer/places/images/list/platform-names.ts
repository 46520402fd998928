/** Without what goes without saying: `linux/amd64` is `amd64`, and `linux/arm64/v8` is `arm64`. */
export function shortPlatform(platform: string): string {
  return platform.replace(/^linux\/(?=.)/, '').replace(/^arm64\/v8$/, 'arm64');
}

/** As many of them as there is room for, the first in any case, and how many are left out. */
export function platformNames(
  platforms: readonly string[],
  characters: number,
): { readonly names: string; readonly more: number } {
  const short = [...new Set(platforms.map(shortPlatform))];
  let count = 1;
  const lengthOf = (some: readonly string[]): number =>
    some.join(' ').length + (some.length < short.length ? ` +${short.length - some.length}`.length : 0);
  while (count < short.length && lengthOf(short.slice(0, count + 1)) <= characters) count += 1;
  return { names: short.slice(0, count).join(' '), more: Math.max(0, short.length - count) };
}
