const UNITS: Readonly<Record<string, number>> = {
  '': 1,
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  tb: 1e12,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
  tib: 2 ** 40,
};

/** `20 GB`, `1.5TB`, `512 MiB`, `1000`; undefined for what is none. */
export function parseBytes(text: string): number | undefined {
  const [, number, unit = ''] = /^\s*(\d+(?:[.,]\d+)?)\s*([a-z]*)\s*$/i.exec(text) ?? [];
  const factor = UNITS[unit.toLowerCase()];
  if (number === undefined || factor === undefined) return undefined;
  return Math.round(Number(number.replace(',', '.')) * factor);
}

/** As it was typed, as far as that can be known: `20 GB`, `1.5 TB`. */
export function writeBytes(bytes: number): string {
  for (const [unit, factor] of [
    ['TB', 1e12],
    ['GB', 1e9],
    ['MB', 1e6],
    ['kB', 1e3],
  ] as const) {
    const value = bytes / factor;
    if (value >= 1 && Math.round(value * 1000) / 1000 === value) return `${value} ${unit}`;
  }
  return `${bytes} B`;
}
