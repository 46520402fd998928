import { afterEach, describe, expect, it, vi } from 'vitest';
import type { ServerEvent } from '../../../registry/api/contract.ts';
import { events } from '../../state/events.svelte.ts';
import { answer, failure } from '../../test-answers.ts';
import { Contents } from './contents.svelte.ts';

afterEach(() => vi.restoreAllMocks());

const layers = (digest: string) => ({ layers: [{ digest }] });

function setup(read: () => unknown) {
  let change: (value: ServerEvent) => void = () => undefined;
  vi.spyOn(events, 'on').mockImplementation((type, listener) => {
    if (type === 'changed') change = listener;
    return () => undefined;
  });
  const asked = answer({ 'GET /api/disk/repository': read });
  const contents = new Contents();
  contents.follow();
  return { contents, asked, change: () => change({ type: 'changed', change: 1, repositories: ['app'] }) };
}

describe('Contents', () => {
  it('reads a repository that changed meanwhile again, but not at the same time', async () => {
    const arrivals: ((answer: object) => void)[] = [];
    const { contents, asked, change } = setup(() => new Promise((resolve) => arrivals.push(resolve)));
    contents.want(['app']);
    change();
    contents.want(['app']);
    expect(asked).toHaveLength(1);
    arrivals[0]?.(layers('older'));
    await vi.waitFor(() => expect(asked).toHaveLength(2));
    arrivals[1]?.(layers('newer'));
    await vi.waitFor(() => expect(contents.byName.get('app')).toEqual(layers('newer')));
  });

  it('asks again for what could not be read, but not for what is gone', async () => {
    const statuses = [500, 404];
    const { contents, asked } = setup(() => failure(statuses.shift() ?? 404, 'X', 'no'));
    for (const times of [1, 2, 2]) {
      contents.want(['app']);
      await vi.waitFor(() => expect(asked).toHaveLength(times));
      await new Promise((resolve) => setTimeout(resolve));
    }
  });
});
