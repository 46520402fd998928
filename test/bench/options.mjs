import { parseArgs } from 'node:util';

/**
 * @typedef {{
 *   requestSeconds: number,
 *   limitSeconds: number,
 *   smallPushSeconds: number,
 *   blobMebibytes: number,
 *   streamMebibytes: number,
 *   idleSeconds: number,
 *   manifests: number,
 *   tags: number,
 *   images: number,
 *   repositories: number,
 *   fillSeconds: number,
 *   startsARound: number,
 * }} Sizes
 * @typedef {{ rounds: number, only: string[], quick: boolean, write: boolean, sizes: Sizes }} Options
 */

/** @type {Sizes} */
const full = {
  requestSeconds: 2,
  limitSeconds: 1,
  smallPushSeconds: 4,
  blobMebibytes: 1024,
  streamMebibytes: 4096,
  idleSeconds: 10,
  manifests: 100_000,
  tags: 50_000,
  images: 10_000,
  repositories: 2000,
  fillSeconds: 600,
  startsARound: 3,
};

/** @type {Sizes} for a look at whether the bench itself works: its figures mean nothing */
const quick = {
  requestSeconds: 1,
  limitSeconds: 1,
  smallPushSeconds: 1,
  blobMebibytes: 64,
  streamMebibytes: 256,
  idleSeconds: 1,
  manifests: 2000,
  tags: 1000,
  images: 1000,
  repositories: 100,
  fillSeconds: 60,
  startsARound: 1,
};

export const usage = `npm run bench -- [--only ROW[,ROW]] [--rounds N] [--quick] [--write]

  --only    measure these rows only
  --rounds  how often each is measured, interleaved; the table has the medians (5)
  --quick   small sizes and one round, to see whether the bench works
  --write   put the table into docs/benchmarks.md

Rows:
`;

/**
 * @param {string[]} args
 * @param {string[]} rows the known ones
 * @returns {Options | undefined} nothing when help was asked for
 */
export function parseOptions(args, rows) {
  const { values } = parseArgs({
    args,
    options: {
      only: { type: 'string', default: '' },
      rounds: { type: 'string' },
      quick: { type: 'boolean', default: false },
      write: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return undefined;
  const only = values.only.split(',').filter((name) => name !== '');
  const unknown = only.filter((name) => !rows.includes(name));
  if (unknown.length > 0) throw new Error(`no such row: ${unknown.join(', ')}`);
  const rounds = Number(values.rounds ?? (values.quick ? 1 : 5));
  if (!Number.isInteger(rounds) || rounds < 1 || rounds > 50) throw new Error('--rounds takes 1 to 50');
  if (values.write && values.quick) throw new Error('--quick is not worth writing down');
  return { rounds, only, quick: values.quick, write: values.write, sizes: values.quick ? quick : full };
}
