import type { IncomingMessage } from 'node:http';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Catalog } from '../../catalog/catalog.ts';
import type { Digest } from '../../reference.ts';
import type { Transfer } from '../contract.ts';
import { clientName } from './client-name.ts';
import { ThroughputMeter } from './throughput.ts';
import type { Origin } from './transfer.ts';
import { Transfers } from './transfers.ts';

const origin: Origin = { direction: 'push', repository: 'app', client: 'docker', address: '::1' };
const digest: Digest = `sha256:${'a'.repeat(64)}`;

let transfers: Transfers;
let meter: ThroughputMeter;
let published: Transfer[];

beforeEach(() => {
  vi.useFakeTimers();
  meter = new ThroughputMeter();
  published = [];
  transfers = new Transfers(new Catalog(), meter, (transfer) => published.push(transfer.describe()));
});
afterEach(() => {
  transfers.close();
  vi.useRealTimers();
});

const request = (socket = { bytesRead: 0, bytesWritten: 0 }) =>
  ({ socket, readableLength: 0 }) as IncomingMessage;

/** A request that has brought so many bytes. */
function fly(bytes: number) {
  const socket = { bytesRead: 0, bytesWritten: 0 };
  const blob = transfers.push(origin).add(undefined, undefined, 'running');
  const flight = transfers.take(blob, request(socket));
  socket.bytesRead = bytes;
  return { flight, socket, blob };
}

describe('Transfers', () => {
  it('reads progress off the connection four times a second, and measures the speed', () => {
    const { socket } = fly(0);
    for (let i = 1; i <= 8; i += 1) {
      socket.bytesRead = i * 250_000;
      vi.advanceTimersByTime(250);
    }
    expect(published.length).toBe(8);
    expect(transfers.all()).toMatchObject([{ bytes: 2_000_000, speed: 1_000_000, state: 'running' }]);
    expect(meter.read('minute').samples.reduce((sum, { pushed }) => sum + pushed, 0)).toBe(2_000_000);
  });

  it('measures the speed of each layer by itself, which is 0 as soon as it stands still', () => {
    const [quick, slow] = [fly(0), fly(0)];
    for (let i = 1; i <= 16; i += 1) {
      quick.socket.bytesRead += 500_000;
      slow.socket.bytesRead += 2000;
      vi.advanceTimersByTime(250);
    }
    expect(transfers.all()).toMatchObject([
      { speed: 2_008_000, blobs: [{ speed: 2_000_000 }, { speed: 8000 }] },
    ]);
    for (let i = 1; i <= 12; i += 1) {
      quick.socket.bytesRead += 500_000;
      vi.advanceTimersByTime(250);
    }
    expect(transfers.all()).toMatchObject([{ blobs: [{ speed: 2_000_000 }, { speed: 0 }] }]);
  });

  it('says a second after the last byte that it stands still, and measures anew what comes then', () => {
    const { socket } = fly(0);
    const come = (bytes: number, looks: number): void => {
      for (let i = 0; i < looks; i += 1) {
        socket.bytesRead += bytes;
        vi.advanceTimersByTime(250);
      }
    };
    come(250_000, 12);
    come(0, 4);
    expect(transfers.all()).toMatchObject([{ speed: 0, blobs: [{ speed: 0 }] }]);
    come(500_000, 2);
    expect(transfers.all()).toMatchObject([{ speed: 2_000_000, blobs: [{ speed: 2_000_000 }] }]);
  });

  it('has no speed as soon as its client broke off', () => {
    const [one, other] = [fly(0), fly(0)];
    for (const { socket } of [one, other]) socket.bytesRead = 1_000_000;
    vi.advanceTimersByTime(250);
    transfers.land(one.flight, 'failed');
    expect(transfers.all()[0]?.speed).toBeGreaterThan(0);
    transfers.land(other.flight, 'failed');
    vi.advanceTimersByTime(250);
    expect(published.at(-1)).toMatchObject({ state: 'running', speed: 0 });
  });

  it('says of a layer that has ended how fast it was all in all', () => {
    const { flight, socket, blob } = fly(0);
    for (const part of [3_000_000, 0, 0, 0, 0, 0, 0, 1_000_000]) {
      socket.bytesRead += part;
      vi.advanceTimersByTime(500);
    }
    transfers.land(flight, 'done', 4_000_000);
    vi.advanceTimersByTime(5000);
    expect(transfers.all()).toMatchObject([{ blobs: [{ state: 'done', speed: 1_000_000 }] }]);
    transfers.alreadyHere(blob.transfer, digest, 10);
    expect(transfers.all()[0]?.blobs[1]).toMatchObject({ state: 'already here', speed: 0 });
  });

  it('does not take the first bytes, which come at once, for the speed of a second', () => {
    transfers.take(transfers.push(origin).add(undefined, undefined, 'running'), request());
    vi.advanceTimersByTime(249);
    fly(64_000);
    vi.advanceTimersByTime(1);
    expect(transfers.all()[0]?.blobs[1]).toMatchObject({ done: 64_000, speed: 256_000 });
  });

  it('tells of a transfer until its speed is 0, also while no request of it is under way', () => {
    const { flight } = fly(1_000_000);
    transfers.land(flight, 'running', 1_000_000);
    vi.advanceTimersByTime(10_000);
    expect(published.at(-1)).toMatchObject({ state: 'running', speed: 0 });
    expect(published.length).toBeLessThan(16);
  });

  it('counts in the end what the request brought, and not its headers', () => {
    const { flight } = fly(1300);
    vi.advanceTimersByTime(250);
    transfers.land(flight, 'done', 1000);
    expect(transfers.all()).toMatchObject([{ bytes: 1000, blobs: [{ done: 1000, state: 'done' }] }]);
  });

  it('calls a push stopped that is silent for long, and lets it go on', () => {
    const { flight, blob, socket } = fly(10);
    transfers.land(flight, 'failed');
    vi.advanceTimersByTime(29_000);
    expect(transfers.all()).toMatchObject([{ state: 'running' }]);
    vi.advanceTimersByTime(2000);
    expect(transfers.all()).toMatchObject([{ state: 'stopped', endedAt: expect.any(String) }]);
    expect(vi.getTimerCount()).toBe(0);
    transfers.take(blob, request(socket));
    expect(transfers.all()).toMatchObject([{ id: '1', state: 'running', endedAt: null }]);
  });

  it('calls it failed if the last that was heard of it was an error', () => {
    const { flight } = fly(10);
    transfers.land(flight, 'failed');
    transfers.failed(flight.blob.transfer, 'The disk is full.');
    vi.advanceTimersByTime(31_000);
    expect(transfers.all()).toMatchObject([{ state: 'failed', error: 'The disk is full.' }]);
  });

  it('forgets who only asked, and all but the last 200', () => {
    transfers.alreadyHere(transfers.push(origin), digest, 10);
    vi.advanceTimersByTime(10_000);
    expect(vi.getTimerCount()).toBe(0);
    for (let i = 0; i < 250; i += 1) transfers.refused(transfers.push(origin), 'v1', 'no');
    expect(transfers.all().length).toBe(200);
    vi.advanceTimersByTime(10_000);
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('ThroughputMeter', () => {
  it('has a place for every interval, also where nothing moved', () => {
    vi.setSystemTime('2026-01-01T00:00:00Z');
    meter.add('push', 10);
    vi.setSystemTime('2026-01-01T00:00:05Z');
    meter.add('pull', 20);
    const { seconds, samples } = meter.read('minute');
    expect([seconds, samples.length]).toEqual([1, 60]);
    expect(samples.at(-6)).toEqual({ time: '2026-01-01T00:00:00.000Z', pushed: 10, pulled: 0 });
    expect(samples.at(-1)).toEqual({ time: '2026-01-01T00:00:05.000Z', pushed: 0, pulled: 20 });
    expect(meter.read('day').samples.at(-1)).toMatchObject({ pushed: 10, pulled: 20 });
    vi.setSystemTime('2026-01-01T00:01:05Z');
    expect(meter.read('minute').samples.every(({ pushed, pulled }) => pushed + pulled === 0)).toBe(true);
    expect(meter.read('hour').samples.at(-2)).toMatchObject({ pushed: 10, pulled: 20 });
  });
});

describe('clientName', () => {
  it.each([
    [
      'docker/27.3.1 go/go1.22.7 git-commit/41ca978 os/linux UpstreamClient(Docker-Client/27)',
      'docker 27.3.1',
    ],
    ['skopeo/1.9.3', 'skopeo 1.9.3'],
    ['libpod/4.3.1', 'podman 4.3.1'],
    ['Buildah/1.28.2', 'buildah 1.28.2'],
    ['containerd/1.6.20+unknown', 'containerd 1.6.20'],
    ['containers/5.24.1 (github.com/containers/image)', 'containers/image 5.24.1'],
    ['go-containerregistry/v0.20.2', 'crane 0.20.2'],
    ['Go-http-client/1.1', 'a Go program'],
    ['', 'an unnamed client'],
    ['Berth window', 'Berth window'],
    ['x'.repeat(500), 'x'.repeat(60)],
  ])('calls %j %j', (userAgent, name) => {
    expect(clientName(userAgent)).toBe(name);
  });
});
