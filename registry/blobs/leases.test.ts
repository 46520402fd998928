import { afterEach, describe, expect, it, vi } from 'vitest';
import { digestOf, TestCaller } from '../../test/domain/store.ts';
import { Leases } from './leases.ts';

const DIGEST = digestOf(Buffer.from('content'));
const OTHER = digestOf(Buffer.from('other content'));

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

  describe('of a client with a connection for each request', () => {
    /** It hears of the same blob by its upload and by asking, and the manifest ends one of the two. */
    async function push(leases: Leases): Promise<void> {
      for (let request = 0; request < 2; request += 1) {
        await leases.working('app', brief(), async () => leases.tell('app', DIGEST, brief()));
      }
      await leases.working('app', brief(), async () => leases.fulfil('app', [DIGEST], brief()));
    }

    it('end when it has made a pause after its push and somebody needs the room', async () => {
      vi.useFakeTimers({ toFake: ['Date'] });
      const leases = new Leases();
      await push(leases);
      vi.advanceTimersByTime(100);
      await leases.working('app', brief(), async () => {
        expect(leases.find(DIGEST)).toBe('settling');
        await leases.endFinished();
        expect(leases.find(DIGEST)).toBe('free');
      });
    });

    it('stay when the pause was made by a push that has not come to its manifest', async () => {
      vi.useFakeTimers({ toFake: ['Date'] });
      const leases = new Leases();
      await leases.working('app', brief(), async () => leases.tell('app', OTHER, brief()));
      await push(leases);
      vi.advanceTimersByTime(100);
      await leases.working('app', brief(), () => leases.endFinished());
      expect(leases.find(DIGEST)).toBe('settling');
    });

    it('stay when it has gone on without a pause', async () => {
      vi.useFakeTimers({ toFake: ['Date'] });
      const leases = new Leases();
      await leases.working('app', brief(), async () => {
        await push(leases);
        vi.advanceTimersByTime(100);
        await leases.endFinished();
        expect(leases.find(DIGEST)).toBe('settling');
      });
    });

    it('end when it has done nothing for long but wait for room', async () => {
      vi.useFakeTimers({ toFake: ['Date'] });
      const leases = new Leases();
      await push(leases);
      await leases.working('app', brief(), async () => {
        vi.advanceTimersByTime(11_000);
        expect(leases.find(DIGEST)).toBe('settling');
        await leases.waiting('app', brief(), async () => expect(leases.find(DIGEST)).toBe('free'));
      });
    });
  });

  it('of a manifest that is read stay through pauses', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    const leases = new Leases();
    const reader = new TestCaller('docker');
    await leases.working('app', reader, async () => leases.tell('app', DIGEST, reader, true));
    vi.advanceTimersByTime(100);
    await leases.endFinished();
    expect(leases.find(DIGEST)).toBe('settling');
  });
});
