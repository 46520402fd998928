import { runTool } from './tool.mjs';

const connections = 32;

/**
 * Requests a second of GET, by wrk with one thread.
 *
 * @param {string} url
 * @param {{ seconds: number, accept?: string }} options
 */
export async function getRate(url, { seconds, accept = '*/*' }) {
  const args = ['-t1', `-c${connections}`, `-d${seconds}s`, '-H', `Accept: ${accept}`, url];
  const report = await runTool('wrk', args, seconds + 30);
  refuse(report, /Non-2xx or 3xx responses: \d+|Socket errors: .*/, url);
  return read(report, /Requests\/sec:\s+([\d.]+)/);
}

/**
 * Requests a second of HEAD, by ab: wrk waits for a body that never comes.
 *
 * @param {string} url
 * @param {{ seconds: number, accept?: string }} options
 */
export async function headRate(url, { seconds, accept = '*/*' }) {
  // -n after -t: the order matters, as -t sets its own.
  const bounds = ['-t', String(seconds), '-n', '1000000'];
  const args = ['-i', '-k', '-q', '-c', String(connections), ...bounds, '-H', `Accept: ${accept}`, url];
  const report = await runTool('ab', args, seconds + 30);
  refuse(report, /Non-2xx responses:\s+\d+|Failed requests:\s+[1-9]\d*/, url);
  return read(report, /Requests per second:\s+([\d.]+)/);
}

function refuse(report, pattern, url) {
  const found = pattern.exec(report);
  if (found) throw new Error(`${found[0]} from ${new URL(url).pathname}`);
}

function read(report, pattern) {
  const figure = Number(pattern.exec(report)?.[1]);
  if (!(figure > 0)) throw new Error(`no figure in:\n${report}`);
  return figure;
}
