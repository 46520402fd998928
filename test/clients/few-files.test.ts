import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { startBerth, type Berth } from './berth.ts';
import { imageOf, randomLayer } from './image.ts';
import { Repository } from './repository.ts';
import { describeWith } from './tools.ts';
import { until } from './until.ts';

const MOST_FILES = 64;

describeWith(['prlimit'], 'a server that may open few files', () => {
  let berth: Berth;
  afterEach(() => berth.dispose());

  it('says that it can be tried again, takes no harm, and works as before when files are closed', async () => {
    berth = await startBerth({ under: ['prlimit', `--nofile=${MOST_FILES}`, '--'] });
    const { pid } = berth;
    const repository = new Repository(berth, 'few');
    const kept = imageOf({ layers: [randomLayer(200_000)] });
    await repository.push(kept, 'v1');

    const sockets = Array.from({ length: 3 * MOST_FILES }, () => connect(berth.port, '127.0.0.1'));
    for (const socket of sockets) socket.on('error', () => socket.destroy());
    await until('no file is left', () => berth.openFiles() >= MOST_FILES - 1);
    // Of those for which there was no file the connection is closed, which clients try again as well.
    await until('the others are closed', () =>
      sockets.some(({ readableEnded, destroyed }) => readableEnded || destroyed),
    );
    const open = sockets.filter((socket) => !socket.readableEnded && !socket.destroyed && !socket.connecting);
    const answers: string[] = [];
    for (const socket of open.slice(0, 3)) answers.push(await ask(socket, 'POST', '/v2/few/blobs/uploads/'));
    expect(answers.at(-1)).toMatch(/^HTTP\/1\.1 503 .*retry-after: 1\r\n.*too many files are open/is);
    // A manifest that is in memory needs no file.
    for (const socket of open.slice(3, 4)) {
      expect(await ask(socket, 'HEAD', '/v2/few/manifests/v1')).toMatch(/^HTTP\/1\.1 200 /);
    }

    for (const socket of sockets) socket.destroy();
    await until('Berth has closed them', () => berth.openFiles() < MOST_FILES / 2);
    expect(berth.pid).toBe(pid);
    await repository.push(imageOf(), 'v2');
    await repository.expectWhole('v1', kept);
  });
});

/** One request over a connection that is open already. */
async function ask(socket: Socket, method: string, path: string): Promise<string> {
  socket.write(`${method} ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n`);
  const [answer] = (await once(socket, 'data')) as [Buffer];
  return answer.toString();
}
