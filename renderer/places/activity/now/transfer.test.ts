import { describe, expect, it } from 'vitest';
import type { Transfer, TransferBlob } from '../../../../registry/api/contract.ts';
import {
  blobColour,
  describeBlob,
  figuresOf,
  isWaiting,
  nameOf,
  remainderOf,
  shareOf,
  stopOf,
  waitOf,
} from './transfer.ts';

const blob = (more: Partial<TransferBlob>): TransferBlob => ({
  digest: 'sha256:00',
  size: 1000,
  done: 0,
  state: 'running',
  speed: 0,
  ...more,
});

const transfer = (more: Partial<Transfer>): Transfer => ({
  id: '1',
  direction: 'push',
  repository: 'team/app',
  reference: 'v1',
  client: 'docker',
  address: '127.0.0.1',
  startedAt: '2026-11-20T10:00:00Z',
  endedAt: null,
  state: 'running',
  error: null,
  blobs: [],
  bytes: 0,
  saved: 0,
  speed: 0,
  ...more,
});

describe('a transfer', () => {
  it('is called by its repository until the client names a tag', () => {
    expect(nameOf(transfer({ reference: null }))).toBe('team/app');
    expect(nameOf(transfer({}))).toBe('team/app:v1');
    expect(nameOf(transfer({ reference: `sha256:${'ab'.repeat(32)}` }))).toBe('team/app@abababababab');
  });

  it('says what is left only when every layer said its size', () => {
    const one = { bytes: 500, speed: 100, blobs: [blob({ done: 500 })] };
    expect(figuresOf(transfer(one))).toBe('500 B sent · 100 B/s · 5 s left');
    expect(figuresOf(transfer({ ...one, blobs: [...one.blobs, blob({ size: null })] }))).toBe(
      '500 B sent · 100 B/s',
    );
  });

  it('takes no less time than its longest layer', () => {
    const quick = blob({ size: 1000, done: 500, speed: 900 });
    const slow = blob({ size: 1000, done: 0, speed: 100 });
    expect(figuresOf(transfer({ bytes: 500, speed: 1000, blobs: [quick, slow] }))).toBe(
      '500 B sent · 1.0 kB/s · 10 s left',
    );
    expect(remainderOf(slow)).toBe('10 s left');
  });

  it('promises nothing while it stands still', () => {
    const still = blob({ done: 500 });
    expect(figuresOf(transfer({ bytes: 500, blobs: [still] }))).toBe('waiting for the client · 500 B sent');
  });

  it('says why nothing moves', () => {
    expect(figuresOf(transfer({ blobs: [blob({})] }))).toBe('waiting for the client');
    expect(figuresOf(transfer({ saved: 1000, blobs: [blob({ state: 'already here' })] }))).toBe(
      'waiting for the manifest · 1.0 kB already here',
    );
  });

  it('explains what it waits for', () => {
    expect(waitOf(transfer({ blobs: [blob({})] }))).toMatch(/^docker sends nothing at the moment/);
    expect(waitOf(transfer({ blobs: [blob({ state: 'done' })] }))).toMatch(
      /as soon as docker sends its manifest/,
    );
    const cut = transfer({ blobs: [blob({ state: 'done' }), blob({ state: 'failed' })] });
    expect(waitOf(cut)).toMatch(/^docker broke off in the middle of a layer/);
    expect(figuresOf(cut)).toBe('broken off, waiting for the client');
    const again = transfer({ blobs: [blob({ state: 'failed' }), blob({ state: 'done' })] });
    expect(figuresOf(again)).toBe('waiting for the manifest');
    expect(waitOf(transfer({ direction: 'pull' }))).toMatch(/^docker asks for nothing/);
    expect(isWaiting(transfer({ speed: 1 }))).toBe(false);
    expect(isWaiting(transfer({ state: 'done' }))).toBe(false);
  });

  it('says what it means that it stopped', () => {
    const stopped = { state: 'stopped', endedAt: '2026-11-20T10:00:04Z' } as const;
    expect(stopOf(transfer(stopped))).toMatch(/^docker stopped before it sent a manifest/);
    expect(stopOf(transfer({ ...stopped, direction: 'pull' }))).toMatch(/before it had all of it/);
  });

  it('says how long it took once it is done', () => {
    const done = transfer({ state: 'done', endedAt: '2026-11-20T10:00:04Z', bytes: 2000 });
    expect(figuresOf(done)).toBe('2.0 kB sent · in 4 s');
  });
});

describe('shareOf', () => {
  it('pretends nothing while the size is not known', () => {
    expect(shareOf(blob({ size: null, done: 10 }))).toBeUndefined();
    expect(shareOf(blob({ done: 250 }))).toBe(0.25);
    expect(shareOf(blob({ size: null, state: 'already here' }))).toBe(1);
  });
});

describe('a layer', () => {
  const half = blob({ size: 4000, done: 1000, speed: 500 });

  it('says how fast it comes, and what is left of it', () => {
    expect(describeBlob(half)).toBe('00, 1.0 kB of 4.0 kB, 500 B/s, 6 s left');
    expect(describeBlob({ ...half, size: null })).toBe('00, 1.0 kB, 500 B/s');
  });

  it('says why it does not move', () => {
    expect(remainderOf({ ...half, speed: 0 })).toBe('waiting');
    expect(remainderOf({ ...half, speed: 0, done: 4000 })).toBe('all sent');
    expect(describeBlob(blob({ state: 'failed', done: 10 }))).toBe('00, 10 B of 1.0 kB, failed');
  });

  it('says in the end how fast it was, if it moved at all', () => {
    expect(describeBlob({ ...half, state: 'done', done: 4000 })).toBe('00, 4.0 kB, 500 B/s');
    expect(describeBlob(blob({ state: 'already here' }))).toBe('00, 1.0 kB, already here');
  });
});

describe('blobColour', () => {
  it('is the accent for what comes in and has no name yet, and the layer’s own otherwise', () => {
    expect(blobColour(blob({ digest: null }))).toBe('var(--accent)');
    expect(blobColour(blob({ digest: null, state: 'failed' }))).toBe('var(--n7)');
    expect(blobColour(blob({}))).toMatch(/^var\(--layer-\d\)$/);
  });
});
