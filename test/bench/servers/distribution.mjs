import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { findTool } from '../load/tool.mjs';
import { freePort } from '../../free-port.mjs';
import { ServerProcess } from './process.mjs';

/**
 * Debian's docker-registry with the configuration its package installs, less the password file.
 *
 * @param {{ id: string, title: string, GOGC?: string }} setting
 * @returns {import('./targets.mjs').Target}
 */
function distribution({ id, title, GOGC }) {
  return {
    id,
    title,

    missing() {
      return findTool('docker-registry') ? undefined : 'docker-registry is not installed';
    },

    async start(folder) {
      const port = await freePort();
      await mkdir(join(folder, 'data'), { recursive: true });
      const file = join(folder, 'config.yml');
      await writeFile(file, configuration(port, join(folder, 'data')));
      const env = { GOGC, OTEL_TRACES_EXPORTER: undefined };
      const server = await ServerProcess.spawn('docker-registry', ['serve', file], { folder, env });
      server.url = `http://127.0.0.1:${port}`;
      try {
        await server.answers('/v2/');
        return server;
      } catch (error) {
        await server.stop('SIGKILL');
        throw error;
      }
    },
  };
}

export const peer = distribution({ id: 'peer', title: 'distribution' });
export const tunedPeer = distribution({ id: 'tuned-peer', title: 'distribution, GOGC=800', GOGC: '800' });

const configuration = (port, folder) => `version: 0.1
log:
  fields:
    service: registry
storage:
  cache:
    blobdescriptor: inmemory
  filesystem:
    rootdirectory: ${folder}
  delete:
    enabled: true
http:
  addr: 127.0.0.1:${port}
  headers:
    X-Content-Type-Options: [nosniff]
health:
  storagedriver:
    enabled: true
    interval: 10s
    threshold: 3
`;
