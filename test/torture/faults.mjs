import { CUTS } from './power-cut.mjs';

const FAR = 400;

/**
 * What happens to the server in one round, drawn from the seed.
 *
 * @typedef {object} Weather
 * @property {string} title for the log of actions
 * @property {import('./faults/injector.cjs').Plan} [plan] armed before the clients begin
 * @property {boolean} mayFail whether requests may be refused with what a failing disk causes
 * @property {'kill' | 'stop'} end how the server ends once the clients are done, if it lives that long
 * @property {number} [afterMs] end it so long after the clients began
 * @property {string} [cut] the power fails with the server: power-cut.mjs
 */

/** @param {import('./random.mjs').Random} random @returns {Weather} */
export function drawWeather(random) {
  const at = random.chance(0.5) ? random.between(1, FAR) : random.between(1, 60);
  const cut = random.chance(0.6) ? random.pick(CUTS) : undefined;
  const kill = random.pick(['kill-before', 'kill-middle', 'kill-after']);
  const error = random.pick(['EIO', 'ENOSPC', 'EMFILE', 'EROFS']);
  const part = random.next();
  return random.weigh([
    [
      5,
      { title: `${kill} of call ${at}`, plan: { action: kill, at, part }, mayFail: false, end: 'kill', cut },
    ],
    [
      2,
      { title: 'killed at some moment', mayFail: false, end: 'kill', afterMs: random.between(5, 400), cut },
    ],
    [
      1,
      { title: 'stopped while clients work', mayFail: false, end: 'stop', afterMs: random.between(5, 400) },
    ],
    [1, { title: 'stopped when all is done', mayFail: false, end: 'stop' }],
    [
      3,
      {
        title: `call ${at} fails with ${error}`,
        plan: { action: 'fail', at, error, scope: random.pick(['changes', 'all']) },
        mayFail: true,
        end: random.pick(['kill', 'stop']),
        cut,
      },
    ],
    [
      1,
      {
        title: `all changes from call ${at} on fail with ${error}`,
        plan: { action: 'fail-on', at, error },
        mayFail: true,
        end: random.pick(['kill', 'stop']),
        cut,
      },
    ],
    [
      2,
      {
        title: `the disk is full from call ${at} on`,
        plan: { action: 'fill', at, error: 'ENOSPC', part },
        mayFail: true,
        end: random.pick(['kill', 'stop']),
        cut,
      },
    ],
  ]);
}

/** What goes wrong while the server starts again, before it may start in peace. */
export function drawTroubledStarts(random) {
  const starts = [];
  while (starts.length < 3 && random.chance(0.35)) {
    const at = random.between(1, 30);
    starts.push(
      random.weigh([
        [3, { action: random.pick(['kill-before', 'kill-middle', 'kill-after']), at, part: random.next() }],
        [1, { action: 'fail', at, error: random.pick(['EIO', 'ENOSPC', 'EMFILE']), scope: 'all' }],
        [1, { action: 'fill', at: 1, error: 'ENOSPC', part: 0.5 }],
      ]),
    );
  }
  return starts;
}
