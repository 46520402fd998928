import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ACTOR, DAY, Days, HOUR } from '../../test/domain/retention.ts';
import type { TestStore } from '../../test/domain/store.ts';
import { deleteManifest, deleteRepository } from '../collector/deletion.ts';
import { Reclaimer } from '../collector/reclaimer.ts';
import type { RegistryError } from '../error.ts';
import { changeSettings } from './settings-change.ts';
import type { UndoLoss } from './undo-change.ts';

let days: Days;
let test: TestStore;

beforeEach(async () => {
  days = await Days.begin();
  ({ test } = days);
});
afterEach(() => days.end());

const change = (patch: object, isConfirmed = false) => changeSettings(test.store, { ...patch }, isConfirmed);
const undoDays = (): number => test.store.settings.current.undoDays;

describe('changeSettings', () => {
  it('refuses an undo window that ends now for something in the trash, and says for how much', async () => {
    await days.push('app:v1', 'app:v2', 'lib:v1', 'gone:v1');
    await deleteManifest(test.store, 'app', 'v1', ACTOR);
    await deleteRepository(test.store, 'gone', ACTOR);
    days.later(2 * DAY);
    await deleteManifest(test.store, 'lib', 'v1', ACTOR);
    const before = test.store.ledger.catalog.content.totalSize;
    await expect(change({ undoDays: 1 })).rejects.toMatchObject({
      code: 'CONFIRMATION_REQUIRED',
      detail: { undoDays: 1, images: 2, repositories: 2 },
      message: expect.stringContaining('2 images in the trash of 2 repositories'),
    });
    expect(undoDays()).toBe(7);
    const all: unknown = await change({ undoDays: 0 }).catch((error: unknown) => error);
    expect(all).toMatchObject({ detail: { undoDays: 0, images: 3, repositories: 3 } });
    const { bytes } = (all as RegistryError).detail as UndoLoss;
    await change({ undoDays: 0 }, true);
    expect(undoDays()).toBe(0);
    days.later(HOUR);
    await new Reclaimer(test.store, undoDays).run(false);
    expect(before - test.store.ledger.catalog.content.totalSize).toBe(bytes);
    expect(bytes).toBeGreaterThan(0);
  });

  it('asks nothing about one that leaves time for everything, a longer one, and an empty trash', async () => {
    await days.push('app:v1', 'app:v2');
    await change({ undoDays: 0 });
    await change({ undoDays: 7 });
    await deleteManifest(test.store, 'app', 'v1', ACTOR);
    days.later(2 * DAY);
    await change({ undoDays: 3 });
    await change({ undoDays: 30 });
    expect(undoDays()).toBe(30);
  });

  it('does not ask about what is over already', async () => {
    await days.push('app:v1', 'app:v2');
    await deleteManifest(test.store, 'app', 'v1', ACTOR);
    days.later(8 * DAY);
    await change({ undoDays: 1 });
    expect(undoDays()).toBe(1);
  });

  it('has two things confirmed one after the other', async () => {
    await days.push('app:v1', 'app:v2');
    await deleteManifest(test.store, 'app', 'v1', ACTOR);
    await expect(change({ undoDays: 0, budget: 1 })).rejects.toMatchObject({ code: 'REQUEST_INVALID' });
    expect(test.store.settings.current).toMatchObject({ undoDays: 7, budget: null });
  });
});
