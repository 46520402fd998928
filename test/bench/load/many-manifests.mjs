import { Connection } from './connection.mjs';
import { imageManifest, pushBlob, pushManifest, smallBlob } from './image.mjs';

const connections = 48;
const tagsPerRepository = 1000;

/**
 * Fills a registry through its own API: distinct tagged manifests, a thousand a repository unless told, that
 * share their two blobs there. Stops early when the time is up.
 *
 * @param {string} url of the server
 * @param {{ count: number, repositories?: number, limitSeconds: number }} bounds
 * @returns {Promise<number>} how many there are now
 */
export async function pushManyManifests(
  url,
  { count, repositories = Math.ceil(count / tagsPerRepository), limitSeconds },
) {
  const deadline = performance.now() + limitSeconds * 1000;
  const config = smallBlob('config');
  const layer = smallBlob('layer');
  const work = manifestNumbers(count, deadline);
  let pushed = 0;

  async function onConnection(use) {
    const connection = await Connection.open(url);
    try {
      await use(connection);
    } finally {
      connection.close();
    }
  }

  await onConnection(async (connection) => {
    for (let number = 0; number < repositories; number += 1) {
      await pushBlob(connection, repositoryOf(number), config);
      await pushBlob(connection, repositoryOf(number), layer);
    }
  });
  const pushSome = async (connection) => {
    for (const number of work) {
      const repository = repositoryOf(number % repositories);
      const manifest = imageManifest({ config, layer, label: String(number) });
      await pushManifest(connection, repository, `v${number}`, manifest);
      pushed += 1;
    }
  };
  await Promise.all(Array.from({ length: connections }, () => onConnection(pushSome)));
  return pushed;
}

const repositoryOf = (number) => `team-${number % 7}/service-${number}`;

function* manifestNumbers(count, deadline) {
  for (let number = 0; number < count && performance.now() < deadline; number += 1) yield number;
}
