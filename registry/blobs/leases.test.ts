import { afterEach, describe, expect, it, vi } from 'vitest';
import { digestOf, TestCaller } from '../../test/domain/store.ts';
import { Leases } from './leases.ts';

const DIGEST = digestOf(Buffer.from('content'));

afterEach(() => {
  vi.useRealTimers();
});

/** A client that opens a connection for one request. */
function brief(): TestCaller {
  const caller = new TestCaller('test');
  caller.isOpen = false;
  return caller;
}

describe('Leases', () => {
  it('remember no more of a client than pushes that it may have under way', async () => {
    const leases = new Leases();
    for (let count = 0; count < 5000; count += 1) leases.tell('app', DIGEST, brief());
    expect(leases.size).toBeLessThan(200);
    await leases.working('app', brief(), async () => {
      leases.fulfil('app', [DIGEST], brief());
      expect(leases.find(DIGEST)).toBe('settling');
    });
  });

  it('forget what has run out', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    const leases = new Leases(1000);
    leases.tell('app', DIGEST, brief());
    vi.setSystemTime(Date.now() + 1000);
    await leases.prune();
    expect(leases.size).toBe(0);
  });
});
