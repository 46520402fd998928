import * as act from './actions.mjs';
import { keepWithin, pullWithin, pushWithin } from './budget.mjs';
import {
  deleteAll,
  deleteUntagged,
  expireBuild,
  maintain,
  protect,
  pushBuild,
  retain,
  sign,
} from './rules.mjs';
import { reclaim, restore, undo } from './take-back.mjs';

/**
 * What a client may do next, how often, and at which address a server says that it can: one that knows
 * nothing of it is left alone with it.
 *
 * @type {[number, (actor: act.Actor) => Promise<string | undefined>, string?][]}
 */
const REPERTOIRE = [
  [10, act.pushImage],
  [3, act.pushIndex],
  [3, act.pushArtifact],
  [3, act.importImage, '/api/imports'],
  [5, act.retag],
  [5, act.pull],
  [3, act.deleteTag],
  [2, act.deleteManifest],
  [2, act.leaveUpload],
  [1, act.cancelUpload],
  [1, act.deleteBlob],
  [2, act.churn],
  [5, undo, '/api/changes'],
  [3, restore, '/api/changes'],
  [1, reclaim, '/_gc'],
  [1, maintain],
  [5, pushBuild],
  [1, expireBuild, '/api/retention'],
  [1, retain, '/api/retention'],
  [4, protect, '/api/retention'],
  [2, sign],
  [1, deleteUntagged, '/api/changes'],
  [1, deleteAll, '/api/changes'],
];

/** Nothing but pushes of the same content, and reclaims that want it. */
const CONTENTION = [
  [10, act.churn],
  [1, act.pull],
  [3, reclaim, '/_gc'],
  [1, maintain],
];

/** While there is a budget: whatever is pushed may be gone in a moment. */
const TIGHT = [
  [10, pushWithin],
  [3, pullWithin],
  [2, keepWithin],
  [1, act.leaveUpload],
  [1, act.cancelUpload],
  [1, reclaim, '/_gc'],
];

/** @param {import('./client.mjs').Client} client */
export async function repertoiresOf(client) {
  const [usual, contention, tight] = await Promise.all(
    [REPERTOIRE, CONTENTION, TIGHT].map((each) => offered(client, each)),
  );
  return { usual, contention, tight };
}

async function offered(client, repertoire) {
  const list = [];
  for (const [weight, action, address] of repertoire) {
    if (address === undefined || (await client.send('GET', address)).status === 200)
      list.push([weight, action]);
  }
  return list;
}
