const limitTitles = {
  disk: 'disk + fdatasync',
  sha256: 'sha256, one core',
  node: 'bare node http',
  nginx: 'nginx',
  files: 'durable files one by one',
};

/**
 * The figures as a table of Markdown: medians, and ratios of medians of this one run.
 *
 * @param {import('../bench.mjs').Bench} bench
 * @param {object[]} rows
 */
export function renderTable(bench, rows) {
  const head = [
    'Measure',
    'Berth',
    'distribution',
    'GOGC=800',
    'to the better',
    'to the default',
    'Goal',
    'Holds',
    'Limits of the machine',
  ];
  const lines = rows.filter((row) => bench.figures.has(row.id)).map((row) => renderRow(bench, row));
  return [head, head.map((_, at) => (at >= 1 && at <= 5 ? '--:' : '---')), ...lines]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n');
}

/**
 * @param {import('../bench.mjs').Bench} bench
 * @param {object[]} rows
 * @returns {string[]} a sentence for each goal that does not hold
 */
export function missedGoals(bench, rows) {
  return rows.flatMap((row) => {
    const medians = mediansOf(bench, row);
    const missed = (row.goals ?? []).filter((goal) => judge(goal, medians) === false);
    return missed.map((goal) => `${titleOf(bench, row)}: ${goal.text}`);
  });
}

/** @param {number[]} figures @returns {number | undefined} */
export function median(figures) {
  const sorted = figures.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  if (sorted.length === 0) return undefined;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** @param {number} mebibytes */
export const gibibytes = (mebibytes) => (mebibytes < 1024 ? `${mebibytes} MiB` : `${mebibytes / 1024} GiB`);

function renderRow(bench, row) {
  const medians = mediansOf(bench, row);
  const goals = row.goals ?? [];
  const verdicts = goals.map((goal) => judge(goal, medians));
  return [
    `${titleOf(bench, row)} (${row.unit})`,
    ...['berth', 'peer', 'tuned-peer'].map((id) => number(medianOf(bench, row, id))),
    row.noRatio ? '-' : ratio(medians.berth, medians.best),
    row.noRatio ? '-' : ratio(medians.berth, medians.peer),
    goals.map((goal) => goal.text).join('; '),
    verdicts.map((verdict) => ({ true: 'yes', false: '**no**' })[verdict] ?? 'not measured').join('; '),
    limits(bench, row),
  ];
}

function mediansOf(bench, row) {
  const [berth, peer, tuned] = ['berth', 'peer', 'tuned-peer'].map((id) => medianOf(bench, row, id));
  const peers = [peer, tuned].filter((figure) => figure !== undefined);
  const best = peers.length === 0 ? undefined : row.lessIsBetter ? Math.min(...peers) : Math.max(...peers);
  return { berth, peer, best };
}

const medianOf = (bench, row, target) => median(bench.figures.get(row.id)?.get(target) ?? []);
const judge = (goal, medians) => (medians.berth === undefined ? undefined : goal.holds(medians));
const titleOf = (bench, row) => (typeof row.title === 'function' ? row.title(bench.sizes) : row.title);

function limits(bench, row) {
  return Object.entries(limitTitles)
    .map(([id, title]) => [title, medianOf(bench, row, id)])
    .filter(([, figure]) => figure !== undefined)
    .map(([title, figure]) => `${title} ${number(figure)}`)
    .join(', ');
}

function number(figure) {
  if (figure === undefined) return '-';
  return figure.toLocaleString('en', { maximumFractionDigits: Math.abs(figure) < 10 ? 1 : 0 });
}

function ratio(figure, to) {
  return figure === undefined || to === undefined ? '-' : (figure / to).toFixed(2);
}
