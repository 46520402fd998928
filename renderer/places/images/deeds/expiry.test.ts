import { describe, expect, it } from 'vitest';
import { expiryTime, fieldText, firstDate } from './expiry.ts';

const NOW = new Date(2026, 10, 21, 14, 30).getTime();

describe('expiryTime', () => {
  it('is so long from now', () => {
    expect(expiryTime('7', '', NOW)).toBe(new Date(NOW + 7 * 86_400_000).toISOString());
  });

  it('is a date of this time zone', () => {
    const time = new Date(2027, 0, 2, 3, 4);
    expect(expiryTime('date', fieldText(time.getTime()), NOW)).toBe(time.toISOString());
  });

  it('is null for never, and nothing where no date was given', () => {
    expect(expiryTime('never', '', NOW)).toBe(null);
    expect(expiryTime('date', '', NOW)).toBeUndefined();
  });
});

describe('firstDate', () => {
  it('is a morning to come', () => {
    expect(firstDate(NOW)).toBe('2026-11-28T09:00');
  });
});
