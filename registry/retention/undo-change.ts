import { GRACE_MS } from '../blobs/leases.ts';
import { freedBy, planDrops } from '../collector/reclaim-plan.ts';
import { listTrash } from '../collector/trashed-images.ts';
import type { Store } from '../images/store.ts';
import { formatBytes } from '../size.ts';
import { DAY_MS } from '../time.ts';

/** What a shorter undo window gives up, for good: `UndoLoss` of the API's contract says of what each is. */
export interface UndoLoss {
  readonly undoDays: number;
  readonly images: number;
  readonly repositories: number;
  readonly bytes: number;
}

/** What is to be confirmed; undefined if everything in the trash can be put back for a while still. */
export async function findUndoLoss(store: Store, undoDays: number): Promise<UndoLoss | undefined> {
  const { observations, settings } = store;
  if (undoDays >= settings.current.undoDays) return undefined;
  await observations.flush();
  const now = Date.now();
  const [before, after] = [settings.current.undoDays * DAY_MS, undoDays * DAY_MS];
  let images = 0;
  let repositories = 0;
  const drops = await dropsWith(store, after, now);
  for (const { repository } of drops) {
    const lost = (await listTrash(store, repository)).filter(
      ({ since }) => since + after <= now && since + before > now,
    ).length;
    images += lost;
    if (lost > 0) repositories += 1;
  }
  if (images === 0) return undefined;
  const bytes = (await bytesOf(store, drops)) - (await bytesOf(store, await dropsWith(store, before, now)));
  return { undoDays, images, repositories, bytes };
}

export function describeUndoLoss({ undoDays, images, repositories, bytes }: UndoLoss): string {
  return (
    `With an undo window of ${undoDays} days ${images} images in the trash of ${repositories} repositories, ` +
    `${formatBytes(bytes)}, could not be put back any more.`
  );
}

type Drops = Awaited<ReturnType<typeof planDrops>>;

function dropsWith(store: Store, undoMs: number, now: number): Promise<Drops> {
  return planDrops(store, { emptyTrash: false, undoMs, graceMs: GRACE_MS }, now);
}

async function bytesOf({ ledger: { catalog } }: Store, drops: Drops): Promise<number> {
  let bytes = 0;
  for (const digest of await freedBy(catalog, drops)) bytes += catalog.content.sizeOf(digest);
  return bytes;
}
