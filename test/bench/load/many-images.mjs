import { Connection } from './connection.mjs';
import { digestOf, imageManifest, pushManifest } from './image.mjs';

const connections = 32;

/**
 * Fills one repository with tagged images that share nothing. Stops early when the time is up.
 *
 * @param {string} url of the server
 * @param {string} repository
 * @param {{ count: number, limitSeconds: number }} bounds
 */
export async function pushManyImages(url, repository, { count, limitSeconds }) {
  const deadline = performance.now() + limitSeconds * 1000;
  let next = 0;
  const pushSome = async () => {
    const connection = await Connection.open(url);
    try {
      while (next < count && performance.now() < deadline) {
        const number = next;
        next += 1;
        const [config, layer] = [`config ${number}`, `layer ${number}`].map((text) => Buffer.from(text));
        await pushWhole(connection, repository, config);
        await pushWhole(connection, repository, layer);
        await pushManifest(connection, repository, `v${number}`, imageManifest({ config, layer }));
      }
    } finally {
      connection.close();
    }
  };
  await Promise.all(Array.from({ length: connections }, pushSome));
}

/** In one request. */
async function pushWhole(connection, repository, content) {
  const path = `/v2/${repository}/blobs/uploads/?digest=${digestOf(content)}`;
  await connection.expect(201, 'POST', path, { type: 'application/octet-stream', body: content });
}
