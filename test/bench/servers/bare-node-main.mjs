import { createReadStream, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';

// GET of a name in memory, GET /big from the disk, PUT to nowhere. Started by bare-node.mjs.
const root = process.argv[2];
const names = ['manifest', 'tags', 'blob'];
const bodies = new Map(names.map((name) => [`/${name}`, readFileSync(join(root, name))]));

const server = createServer((request, response) => {
  if (request.method === 'PUT') {
    request.resume().once('end', () => response.writeHead(201, { 'Content-Length': 0 }).end());
    return;
  }
  if (request.url === '/big') {
    createReadStream(join(root, 'big'), { highWaterMark: 256 * 1024 }).pipe(response);
    return;
  }
  const body = bodies.get(request.url);
  if (body === undefined) {
    response.writeHead(404).end();
    return;
  }
  response.writeHead(200, { 'Content-Type': 'application/octet-stream', 'Content-Length': body.length });
  response.end(body);
});

server.requestTimeout = 0;
server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`http://127.0.0.1:${server.address().port}\n`);
});
