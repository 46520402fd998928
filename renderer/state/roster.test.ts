import { describe, expect, it } from 'vitest';
import { Roster } from './roster.ts';

interface Push {
  readonly id: string;
  readonly state: 'running' | 'done';
}

describe('Roster', () => {
  it('keeps what was told while the list was on its way', async () => {
    const roster = new Roster<Push>();
    roster.tell({ id: '1', state: 'running' });
    roster.tell({ id: '2', state: 'running' });
    let arrive: (value: readonly Push[]) => void = () => undefined;
    const read = roster.read(() => new Promise((resolve) => (arrive = resolve)));
    roster.tell({ id: '1', state: 'done' });
    roster.tell({ id: '3', state: 'running' });
    arrive([{ id: '1', state: 'running' }]);
    await read;
    expect([...roster.byId.values()]).toEqual([
      { id: '1', state: 'done' },
      { id: '3', state: 'running' },
    ]);
  });

  it('takes the list for what was told before', async () => {
    const roster = new Roster<Push>();
    roster.tell({ id: '1', state: 'running' });
    await roster.read(async () => [{ id: '1', state: 'done' }]);
    expect(roster.byId.get('1')?.state).toBe('done');
  });
});
