const UNITS = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'] as const;

/** Bytes as people write them: `0 B`, `812 B`, `1.2 GB`. One decimal and powers of 1000, as docker prints them. */
export function formatSize(bytes: number): string {
  let value = bytes;
  let unit = 0;
  // 999.95 would be rounded to 1000.0.
  while (Math.abs(value) >= (unit === 0 ? 1000 : 999.95) && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${UNITS[unit]}`;
}

const COUNT = new Intl.NumberFormat('en');

export const formatCount = (count: number): string => COUNT.format(count);

/** `1 tag`, `3 tags`, `10,000 tags`. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}

const STEPS: readonly [limit: number, seconds: number, unit: string][] = [
  [60, 1, 's'],
  [3600, 60, 'min'],
  [86_400, 3600, 'h'],
  [86_400 * 14, 86_400, 'd'],
  [86_400 * 60, 86_400 * 7, 'w'],
  [86_400 * 365, 86_400 * 30.44, 'mo'],
  [Infinity, 86_400 * 365.25, 'y'],
];

/** `just now`, `5 min ago`, `in 3 d`: short, and of one width in a column. */
export function formatRelative(time: string | Date, now: number): string {
  const seconds = (now - new Date(time).getTime()) / 1000;
  if (Number.isNaN(seconds)) return '';
  if (Math.abs(seconds) < 10) return 'just now';
  const [, size, unit] = STEPS.find(([limit]) => Math.abs(seconds) < limit) ?? [0, 1, 's'];
  const text = `${Math.max(1, Math.floor(Math.abs(seconds) / size))} ${unit}`;
  return seconds < 0 ? `in ${text}` : `${text} ago`;
}

/** The day as it is written where one lives; a clock of 24 hours everywhere, as in the log and the command line. */
const exact = (options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat =>
  new Intl.DateTimeFormat(undefined, { ...options, hourCycle: 'h23' });

const EXACT = exact({ dateStyle: 'medium', timeStyle: 'medium' });

/** `Nov 28, 2026, 14:02:07`. */

export function formatExact(time: string | Date): string {
  const date = new Date(time);
  return Number.isNaN(date.getTime()) ? '' : EXACT.format(date);
}

const DAY = new Intl.DateTimeFormat(undefined, { month: 'short', day: 'numeric' });

/** `Nov 28`: for what is days away. */
export function formatDay(time: string | Date): string {
  const date = new Date(time);
  return Number.isNaN(date.getTime()) ? '' : DAY.format(date);
}

const CLOCK = exact({ hour: '2-digit', minute: '2-digit' });
const CLOCK_WITH_SECONDS = exact({ hour: '2-digit', minute: '2-digit', second: '2-digit' });
const DAY_AND_CLOCK = exact({ dateStyle: 'medium', timeStyle: 'short' });

/** `14:02`, or `14:02:07`. */
export function formatClock(time: string | Date, seconds = false): string {
  const date = new Date(time);
  if (Number.isNaN(date.getTime())) return '';
  return (seconds ? CLOCK_WITH_SECONDS : CLOCK).format(date);
}

/** `14:02`; with its day, unless that is today. */
export function formatMoment(time: string | Date, now: number): string {
  const date = new Date(time);
  if (Number.isNaN(date.getTime())) return '';
  const isToday = date.toDateString() === new Date(now).toDateString();
  return (isToday ? CLOCK : DAY_AND_CLOCK).format(date);
}

/** `3 s`, `4 min`, `1 h 10 min`. */
export function formatDuration(seconds: number): string {
  if (seconds < 60) return `${Math.max(1, Math.round(seconds))} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const rest = minutes % 60;
  return `${Math.floor(minutes / 60)} h${rest === 0 ? '' : ` ${rest} min`}`;
}

/** Twelve characters tell digests apart; the algorithm is nearly always sha256. */
export function shortDigest(digest: string): string {
  return digest.slice(digest.indexOf(':') + 1).slice(0, 12);
}

/** A sentence whose digests are short. */
export const withShortDigests = (text: string): string =>
  text.replace(/sha\d+:[0-9a-f]{32,}/g, (digest) => shortDigest(digest));

/** `docker 27.3.1`: the first product of a `User-Agent`, written as in Activity. */
export function productOf(userAgent: string): string {
  const [first = ''] = userAgent.split(' ');
  const [, product, version] = /^([^/]+)\/v?(.+)$/.exec(first) ?? [];
  return product === undefined ? first : `${product.toLowerCase()} ${version}`;
}

/** The hue of a layer, 1 to 8: the same wherever it is seen. */
export function layerHue(digest: string): number {
  const hex = digest.slice(digest.indexOf(':') + 1, digest.indexOf(':') + 9);
  const value = Number.parseInt(hex, 16);
  return (Number.isNaN(value) ? 0 : value % 8) + 1;
}

/** Of a name that somebody else chose: what would not be seen, or would turn its letters around, becomes a sign. */
export function visible(name: string): string {
  return name.replace(/[\p{Cc}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, '\ufffd');
}
