import { berth } from './berth.mjs';
import { peer, tunedPeer } from './distribution.mjs';

/**
 * A registry to measure. `start` answers when `GET /v2/` does; the folder is made, and a second start
 * on the same folder finds the data of the first.
 *
 * @typedef {{
 *   id: string,
 *   title: string,
 *   missing(): string | undefined,
 *   start(folder: string): Promise<import('./process.mjs').ServerProcess>,
 * }} Target
 */

/** @type {Target[]} */
export const registries = [berth, peer, tunedPeer];

/**
 * The same targets in another order each round, so that none is always the one that follows another.
 *
 * @template T
 * @param {T[]} targets
 * @param {number} round
 */
export function rotate(targets, round) {
  const by = round % targets.length;
  return [...targets.slice(by), ...targets.slice(0, by)];
}
