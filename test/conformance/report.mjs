// The suite writes junit.xml (one test case for each leaf of its tree, with the requests it made) and
// results.yaml (a status for each API and each data set).

const LONGEST_EXCHANGE = 3000;

/** Counts what passed and gathers what did not. `complete` is true when nothing failed and nothing was skipped. */
export function readReport(junit, results, { code, output, mayBeDisabled }) {
  const cases = [...junit.matchAll(/<testcase name="([^"]*)"[^>]* status="(\w+)">([^]*?)<\/testcase>/g)].map(
    ([, name, status, inner]) => ({ name: unescape(name), status, inner }),
  );
  const statuses = readStatuses(results);
  const disabled = statuses.filter(
    ({ status, name }) => status === 'Disabled' && !mayBeDisabled.includes(name),
  );
  const bad = statuses.filter(({ status }) => status !== 'Pass' && status !== 'Disabled');
  const problems = [
    ...cases.filter(({ status }) => status !== 'passed').map(problem),
    ...[...disabled, ...bad].map(({ name, status }) => ({ name, status, reason: 'as the summary has it' })),
  ];
  if (cases.length === 0 || statuses.length === 0) {
    problems.push({ name: 'the suite', status: 'error', reason: `left no results:\n${output}` });
  }
  const count = (...wanted) => cases.filter(({ status }) => wanted.includes(status)).length;
  return {
    passed: count('passed'),
    failed: count('failure', 'error'),
    skipped: count('skipped'),
    disabled: statuses
      .filter(({ status }) => status === 'Disabled')
      .map(({ name }) => name)
      .join(', '),
    problems,
    complete: problems.length === 0 && code === 0,
  };
}

/** The entries below `apis:` and `data:`. The file is flat there, so no YAML parser is needed. */
function readStatuses(results) {
  const sections = results.split(/^(?=\S)/m).filter((section) => /^(apis|data):/.test(section));
  return sections.flatMap((section) =>
    [...section.matchAll(/^ {2}(.+): (\w+)$/gm)].map(([, name, status]) => ({ name, status })),
  );
}

function problem({ name, status, inner }) {
  const part = (tag) => unescape(new RegExp(`<${tag}>([^]*?)</${tag}>`).exec(inner)?.[1] ?? '');
  const exchanges = part('system-err');
  const shown =
    exchanges.length > LONGEST_EXCHANGE ? `${exchanges.slice(0, LONGEST_EXCHANGE)}\n…` : exchanges;
  return { name, status, reason: part('system-out'), exchanges: status === 'skipped' ? '' : shown };
}

function unescape(text) {
  const named = { lt: '<', gt: '>', quot: '"', apos: "'", amp: '&' };
  return text.replaceAll(/&(?:#x([0-9A-Fa-f]+)|#(\d+)|(\w+));/g, (whole, hex, decimal, name) => {
    if (hex ?? decimal) return String.fromCodePoint(hex ? Number.parseInt(hex, 16) : Number(decimal));
    return named[name] ?? whole;
  });
}
