/**
 * Medians of one row. `best` is the better of the peer's two settings.
 *
 * @typedef {{ berth: number, peer?: number, best?: number }} Medians
 * @typedef {{ text: string, holds(medians: Medians): boolean | undefined }} Goal
 *   `holds` is undefined when there was nothing to compare with
 */

/** @param {number} factor @returns {Goal} */
export const timesBest = (factor) => ({
  text: `≥ ${factor} × the better peer`,
  holds: ({ berth, best }) => (best === undefined ? undefined : berth >= factor * best),
});

/** @param {number} factor @returns {Goal} */
export const timesDefault = (factor) => ({
  text: `≥ ${factor} × the default peer`,
  holds: ({ berth, peer }) => (peer === undefined ? undefined : berth >= factor * peer),
});

/** @param {number} limit @param {string} unit @returns {Goal} */
export const under = (limit, unit) => ({
  text: `< ${limit.toLocaleString('en')} ${unit}`,
  holds: ({ berth }) => berth < limit,
});
