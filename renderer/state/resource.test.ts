import { afterEach, describe, expect, it, vi } from 'vitest';
import { events } from './events.svelte.ts';
import { Resource } from './resource.svelte.ts';

afterEach(() => vi.restoreAllMocks());

/** The stream of events as the test wants it. */
function setup() {
  const openers = new Set<() => void>();
  vi.spyOn(events, 'onOpen').mockImplementation((listener) => {
    openers.add(listener);
    return () => openers.delete(listener);
  });
  return { openers, open: () => openers.forEach((each) => each()) };
}

describe('Resource', () => {
  it('reads once more what changed while it was read, and shows the last', async () => {
    setup();
    const answers: ((value: string) => void)[] = [];
    const resource = new Resource(() => new Promise<string>((resolve) => answers.push(resolve)));
    const read = resource.refresh();
    void resource.refresh();
    answers[0]?.('older');
    await vi.waitFor(() => expect(answers).toHaveLength(2));
    answers[1]?.('newer');
    await read;
    expect(resource.value).toBe('newer');
  });

  it('reads again what failed once the registry is back, and only then', async () => {
    const { openers, open } = setup();
    const load = vi.fn<() => Promise<string>>().mockRejectedValueOnce(new Error('away'));
    load.mockResolvedValue('here');
    const resource = new Resource(load);
    await resource.refresh();
    expect(resource.error).toEqual(new Error('away'));
    open();
    await vi.waitFor(() => expect(resource.value).toBe('here'));
    expect([resource.error, openers.size]).toEqual([undefined, 0]);
    open();
    expect(load).toHaveBeenCalledTimes(2);
  });

  it('can be read again whatever the browser broke off', async () => {
    setup();
    const load = vi.fn<() => Promise<string>>().mockRejectedValueOnce(new DOMException('', 'AbortError'));
    load.mockResolvedValue('here');
    const resource = new Resource(load);
    await resource.refresh();
    await resource.refresh();
    expect(resource.value).toBe('here');
  });

  it('waits for nothing once it is closed', async () => {
    const { openers } = setup();
    const resource = new Resource(() => Promise.reject(new Error('away')));
    await resource.refresh();
    expect(openers.size).toBe(1);
    resource.close();
    expect(openers.size).toBe(0);
  });
});
