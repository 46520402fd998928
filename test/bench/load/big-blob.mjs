import { Connection } from './connection.mjs';
import { closingPath } from './image.mjs';
import { runTool } from './tool.mjs';

const limitSeconds = 600;

/**
 * Pushes a file as containerd and oras do: POST, then one PUT with all of it.
 *
 * @param {string} url of the server
 * @param {string} repository
 * @param {string} digest
 * @param {string} file
 * @returns {Promise<number>} seconds
 */
export async function pushByPut(url, repository, digest, file) {
  return await timeUpload(url, repository, async (location) => {
    await upload('PUT', url + closingPath(location, digest), file, [], 201);
  });
}

/**
 * Pushes a file as docker does: POST, one PATCH in chunked encoding, an empty PUT.
 *
 * @param {string} url of the server
 * @param {string} repository
 * @param {string} digest
 * @param {string} file
 * @returns {Promise<number>} seconds
 */
export async function pushByPatch(url, repository, digest, file) {
  return await timeUpload(url, repository, async (location, connection) => {
    const chunked = ['-H', 'Transfer-Encoding: chunked'];
    const next = await upload('PATCH', new URL(location, url).href, file, chunked, 202);
    await connection.expect(201, 'PUT', closingPath(next, digest));
  });
}

/**
 * @param {string} url of what to fetch
 * @returns {Promise<number>} seconds
 */
export async function pull(url) {
  const report = await curl(['-o', '/dev/null', '-w', '%{http_code} %{time_total} %{size_download}', url]);
  const [status, seconds, bytes] = report.split(' ').map(Number);
  if (status !== 200 || bytes === 0) throw new Error(`GET of a large blob: ${report}`);
  return seconds;
}

/**
 * Sends a file to a server that throws it away.
 *
 * @param {string} url
 * @param {string} file
 * @returns {Promise<number>} seconds
 */
export async function discard(url, file) {
  const started = performance.now();
  await upload('PUT', url, file, [], 201);
  return (performance.now() - started) / 1000;
}

async function timeUpload(url, repository, send) {
  const connection = await Connection.open(url);
  try {
    const started = performance.now();
    const { location } = await connection.expect(202, 'POST', `/v2/${repository}/blobs/uploads/`);
    await send(location, connection);
    return (performance.now() - started) / 1000;
  } finally {
    connection.close();
  }
}

/** One request with a file as its body, by curl: its part in the time is small. Answers the Location. */
async function upload(method, url, file, headers, expected) {
  // An empty Expect: the Go clients do not ask for 100-continue either.
  const fixed = ['-X', method, '-T', file, '-H', 'Expect:', '-H', 'Content-Type: application/octet-stream'];
  const report = await curl([...fixed, ...headers, '-w', '\n%{http_code} %header{location}', url]);
  const [status, location] = report.slice(report.lastIndexOf('\n') + 1).split(' ');
  if (Number(status) !== expected) throw new Error(`${method} of a large blob: ${report}`);
  return location;
}

async function curl(args) {
  return await runTool('curl', ['-sS', '--max-time', String(limitSeconds), ...args], limitSeconds + 10);
}
