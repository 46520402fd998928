import { join } from 'node:path';
import { ServerProcess } from './process.mjs';

/**
 * What Node's own http module can do when it has nothing to decide: `main` is the program below.
 *
 * @param {string} folder
 * @param {string} root the folder whose small files it answers with
 */
export async function startBareNode(folder, root) {
  const program = join(import.meta.dirname, 'bare-node-main.mjs');
  const server = await ServerProcess.spawn(process.execPath, [program, root], { folder, pipeStdout: true });
  server.url = await server.firstLine();
  await server.answers('/manifest');
  return server;
}
