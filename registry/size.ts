const UNITS = ['kB', 'MB', 'GB', 'TB', 'PB'];

/** Decimal units, as disks and the other registries' tools count: `1.2 GB`. */
export function formatBytes(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  let value = bytes;
  let unit = -1;
  do {
    value /= 1000;
    unit += 1;
  } while (value >= 999.95 && unit < UNITS.length - 1);
  return `${value.toFixed(1)} ${UNITS[unit]}`;
}

/** `20GB`, `1.5 TB`, `512MiB` or a plain number, in bytes; undefined for anything else. */
export function parseBytes(text: string): number | undefined {
  const [, amount, prefix = '', binary] =
    /^(\d+(?:\.\d+)?) *(?:([kmgtp])(i)?b?|b)?$/i.exec(text.trim()) ?? [];
  if (amount === undefined) return undefined;
  const power = ' kmgtp'.indexOf(prefix.toLowerCase() || ' ');
  return Math.round(Number(amount) * (binary === undefined ? 1000 : 1024) ** power);
}
