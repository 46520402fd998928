import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { ServerProcess } from './process.mjs';

const root = resolve(import.meta.dirname, '../../..');
const launcher = join(root, 'registry/cli/bin.cjs');
const listening = /^Berth is listening on (http:\/\/\S+)$/;

/** @type {import('./targets.mjs').Target} */
export const berth = {
  id: 'berth',
  title: 'Berth',

  missing() {
    return existsSync(join(root, 'dist/berth.js')) ? undefined : 'dist/berth.js is not built';
  },

  async start(folder) {
    const args = [launcher, 'serve', '--host', '127.0.0.1', '--port', '0', '--data', join(folder, 'data')];
    // Settings of whoever runs the bench must not leak in.
    const env = Object.fromEntries(
      Object.keys(process.env)
        .filter((name) => name.startsWith('BERTH_'))
        .map((name) => [name, undefined]),
    );
    const server = await ServerProcess.spawn(process.execPath, args, { folder, env, pipeStdout: true });
    try {
      const line = await server.firstLine();
      const url = listening.exec(line)?.[1];
      if (url === undefined) throw new Error(`unexpected first line: ${line}`);
      server.url = url;
      await server.answers('/v2/');
      return server;
    } catch (error) {
      await server.stop('SIGKILL');
      throw error;
    }
  },
};
