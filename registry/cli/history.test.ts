import { describe, expect, it } from 'vitest';
import type { HistoryEvent } from '../api/contract.ts';
import { formatEvents } from './history.ts';

const event = (more: Partial<HistoryEvent>): HistoryEvent => ({
  change: 123_456,
  time: '2026-11-21T15:00:00.000Z',
  actor: { client: 'containers/image-and-more/5.36.1', address: '192.168.100.200' },
  repository: 'app',
  tag: 'sha-0123456789abcdef0123456789abcdef01234567',
  digest: `sha256:${'a1'.repeat(32)}`,
  previous: `sha256:${'b2'.repeat(32)}`,
  size: 1_234_567_890,
  previousSize: 5,
  restorable: true,
  ...more,
});

describe('formatEvents', () => {
  it('fits into 80 columns, with whole times and digests', () => {
    const events = [event({}), event({ restorable: false }), event({ digest: null, size: null })];
    const lines = formatEvents(events, 80).trimEnd().split('\n');
    expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(80);
    expect(lines[1]).toMatch(/^123456 {2}2026-11-21 \d\d:\d\d:\d\d {2}sha-.*… *.* a1a1a1a1a1a1 /);
    expect(lines[2]).toContain('reclaimed');
    expect(lines[3]).toContain('deleted');
  });
});
