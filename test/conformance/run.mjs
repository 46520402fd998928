import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { goInstall } from './go-install.mjs';
import { readReport } from './report.mjs';

// The official conformance suite against Berth, with every API and every data set switched on:
//
//   node test/conformance/run.mjs [RUN...]     all runs, or those named
//   node test/conformance/run.mjs --prepare    only builds the suite
//
// CONFORMANCE_SUITE names a suite that is built already.

const COMMIT = '967efdc079b91785ad18c77cc4f8991a47feefbf';
const MODULE = `github.com/opencontainers/distribution-spec/conformance@${COMMIT}`;
const BERTH = process.env.BERTH_BIN ?? resolve(import.meta.dirname, '../../registry/cli/bin.cjs');
const SUITE_TIMEOUT_MS = 300_000;

// Berth refuses an image whose blobs are absent, since nobody could pull it; so the suite's sparse data is
// for a server that was told to take it.
const RUNS = [
  { name: '1.1', version: '1.1', args: [], sparse: false },
  { name: 'dev', version: 'dev', args: [], sparse: false },
  { name: '1.1-sparse', version: '1.1', args: ['--sparse', 'all'], sparse: true },
  { name: 'dev-sparse', version: 'dev', args: ['--sparse', 'all'], sparse: true },
];

const APIS = [
  'PING PULL PUSH REFERRER',
  'BLOBS_ATOMIC BLOBS_DELETE BLOBS_DIGEST_HEADER BLOBS_MOUNT_ANONYMOUS BLOBS_UPLOAD_CANCEL',
  'MANIFESTS_ATOMIC MANIFESTS_DELETE MANIFESTS_DIGEST_HEADER MANIFESTS_TAG_PARAM',
  'TAGS_ATOMIC TAGS_DELETE TAGS_LIST',
].flatMap((names) => names.split(' ').map((name) => `OCI_API_${name}`));

const DATA = [
  'IMAGE INDEX INDEX_LIST ARTIFACT SUBJECT SUBJECT_MISSING ARTIFACT_LIST SUBJECT_LIST DATA_FIELD',
  'NONDISTRIBUTABLE CUSTOM_FIELDS NO_LAYERS EMPTY_BLOB SHA512',
].flatMap((names) => names.split(' ').map((name) => `OCI_DATA_${name}`));

process.exitCode = await main(process.argv.slice(2));

async function main(names) {
  const suite = process.env.CONFORMANCE_SUITE
    ? { path: process.env.CONFORMANCE_SUITE }
    : await goInstall('conformance', MODULE);
  if (!suite.path) return leftOut(suite);
  if (names.includes('--prepare')) return 0;
  const unknown = names.filter((name) => !RUNS.some((run) => run.name === name));
  if (unknown.length > 0) {
    console.error(
      `No such run: ${unknown.join(', ')}. There are ${RUNS.map(({ name }) => name).join(', ')}.`,
    );
    return 1;
  }
  const results = [];
  for (const run of RUNS.filter(({ name }) => names.length === 0 || names.includes(name))) {
    results.push({ run, report: await conform(suite.path, run) });
  }
  console.table(results.map(({ run, report }) => row(run, report)));
  for (const { run, report } of results) printProblems(run, report);
  return results.every(({ report }) => report.complete) ? 0 : 1;
}

/** A required suite that is missing is a failure; one that is refused cannot be had by asking for it. */
function leftOut({ reason, refused }) {
  console.log(`LEFT OUT: the OCI conformance suite: ${reason}`);
  return process.env.BERTH_REQUIRE_CLIENTS === '1' && !refused ? 1 : 0;
}

async function conform(suite, run) {
  const folder = mkdtempSync(join(tmpdir(), 'berth-conformance-'));
  const server = await serve(join(folder, 'data'), run.args);
  try {
    const results = join(folder, 'results');
    const on = Object.fromEntries([...APIS, ...DATA].map((name) => [name, 'true']));
    const settings = {
      ...on,
      OCI_DATA_SPARSE: String(run.sparse),
      OCI_VERSION: run.version,
      OCI_REGISTRY: new URL(server.url).host,
      OCI_TLS: 'disabled',
      OCI_RESULTS_DIR: results,
    };
    const child = spawn(suite, [], {
      cwd: folder,
      env: { ...process.env, ...settings },
      timeout: SUITE_TIMEOUT_MS,
    });
    let output = '';
    child.stdout.on('data', (text) => (output += text));
    child.stderr.on('data', (text) => (output += text));
    const [code] = await once(child, 'close');
    return readReport(readIfThere(join(results, 'junit.xml')), readIfThere(join(results, 'results.yaml')), {
      code,
      output,
      mayBeDisabled: run.sparse ? [] : ['Sparse Manifests'],
    });
  } finally {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Starts Berth on a free port. */
async function serve(data, args) {
  const flags = [
    'serve',
    '--host',
    '127.0.0.1',
    '--port',
    '0',
    '--data',
    data,
    '--log-level',
    'warn',
    ...args,
  ];
  const child = spawn(process.execPath, [BERTH, ...flags], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'close');
  const url = await Promise.race([
    ended.then(([code]) =>
      Promise.reject(new Error(`Berth ended with exit code ${code} before it listened`)),
    ),
    new Promise((ready) => {
      createInterface(child.stdout).on('line', (line) => {
        const found = /^Berth is listening on (\S+)$/.exec(line);
        if (found) ready(found[1]);
      });
    }),
  ]);
  const stop = async () => {
    child.kill('SIGTERM');
    await ended;
  };
  return { url, stop };
}

function readIfThere(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error.code === 'ENOENT') return '';
    throw error;
  }
}

function row(run, { passed, failed, skipped, disabled }) {
  return {
    run: run.name,
    spec: run.version,
    server: run.args.join(' ') || 'defaults',
    passed,
    failed,
    skipped,
    disabled,
  };
}

function printProblems(run, { problems }) {
  for (const { name, status, reason, exchanges } of problems) {
    console.log(`\n${run.name}: ${status}: ${name}\n  ${reason.replaceAll('\n', '\n  ')}`);
    if (exchanges) console.log(`    ${exchanges.replaceAll('\n', '\n    ')}`);
  }
}
