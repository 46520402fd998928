import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort } from '../../free-port.mjs';
import { ServerProcess } from './process.mjs';

/**
 * What this machine can do when files are all there is: nginx, one worker, sendfile.
 *
 * @param {string} folder
 * @param {string} root the folder that it serves
 */
export async function startNginx(folder, root) {
  const port = await freePort();
  await mkdir(folder, { recursive: true });
  const file = join(folder, 'nginx.conf');
  await writeFile(file, configuration(port, folder, root));
  const args = ['-c', file, '-p', folder, '-e', join(folder, 'error.log')];
  const server = await ServerProcess.spawn('nginx', args, { folder });
  server.url = `http://127.0.0.1:${port}`;
  await server.answers('/manifest');
  return server;
}

// A worker of root's nginx would otherwise become a user who cannot enter our temporary folder.
const user = process.getuid?.() === 0 ? 'user root;' : '';

const configuration = (port, folder, root) => `${user}
daemon off;
worker_processes 1;
pid ${folder}/nginx.pid;
events { worker_connections 256; }
http {
  access_log off;
  sendfile on;
  tcp_nopush on;
  keepalive_requests 100000000;
  default_type application/octet-stream;
  client_body_temp_path ${folder}/body;
  proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi;
  scgi_temp_path ${folder}/scgi;
  server {
    listen 127.0.0.1:${port};
    root ${root};
  }
}
`;
