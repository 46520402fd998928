import { Connection } from './connection.mjs';
import { imageManifest, pushBlob, pushManifest, smallBlob } from './image.mjs';

// Eight clients, each with a connection and a repository of its own, until the time is up. Started by
// small-pushes.mjs; prints one line of JSON.
const [url, seconds, label] = process.argv.slice(2);
const clients = 8;
const limit = 20_000;
let pushed = 0;

async function client(number, deadline) {
  const connection = await Connection.open(url);
  const repository = `bench/app-${number}`;
  for (let image = 0; performance.now() < deadline && pushed < limit; image += 1) {
    const name = `${label}-${number}-${image}`;
    const config = smallBlob(`config ${name}`);
    const layer = smallBlob(`layer ${name}`);
    await pushBlob(connection, repository, layer);
    await pushBlob(connection, repository, config);
    await pushManifest(connection, repository, name, imageManifest({ config, layer }));
    pushed += 1;
  }
  connection.close();
}

const started = performance.now();
const deadline = started + Number(seconds) * 1000;
await Promise.all(Array.from({ length: clients }, (_, number) => client(number, deadline)));
const elapsed = (performance.now() - started) / 1000;
process.stdout.write(`${JSON.stringify({ imagesPerSecond: pushed / elapsed })}\n`);
