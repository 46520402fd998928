const DAY_MS = 86_400_000;

/** When a tag goes: so many days from now, on a date that is typed, or never. */
export const EXPIRIES = [
  { value: '1', label: 'In a day' },
  { value: '7', label: 'In a week' },
  { value: '30', label: 'In 30 days' },
  { value: '90', label: 'In 90 days' },
  { value: 'date', label: 'On a date' },
  { value: 'never', label: 'Never' },
] as const;

export type Expiry = (typeof EXPIRIES)[number]['value'];

/**
 * ISO 8601, or null for never.
 *
 * @param date as a field for date and time has it, of this machine's time zone
 * @param now milliseconds since 1970
 * @returns undefined if the date is none
 */
export function expiryTime(expiry: Expiry, date: string, now: number): string | null | undefined {
  if (expiry === 'never') return null;
  if (expiry !== 'date') return new Date(now + Number(expiry) * DAY_MS).toISOString();
  const time = new Date(date);
  return Number.isNaN(time.getTime()) ? undefined : time.toISOString();
}

/** A time as such a field has it: `2026-11-28T09:00`. */
export function fieldText(time: number): string {
  const date = new Date(time);
  const [month, day, hour, minute] = [
    date.getMonth() + 1,
    date.getDate(),
    date.getHours(),
    date.getMinutes(),
  ].map((part) => String(part).padStart(2, '0'));
  return `${date.getFullYear()}-${month}-${day}T${hour}:${minute}`;
}

/** At nine in the morning, a week from then. */
export function firstDate(now: number): string {
  const date = new Date(now + 7 * DAY_MS);
  date.setHours(9, 0, 0, 0);
  return fieldText(date.getTime());
}
