import { createServer, type Server } from 'node:http';
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { reasonOf } from './reason.ts';

describe('reasonOf', () => {
  let server: Server;
  let url: string;

  beforeAll(async () => {
    server = createServer((request, response) => {
      if (request.url === '/begins') response.write('some', () => response.destroy());
      else response.destroy();
    });
    await new Promise<void>((settle) => server.listen(0, '127.0.0.1', settle));
    url = `http://127.0.0.1:${(server.address() as { port: number }).port}`;
  });
  afterAll(() => void server.close());

  const failure = async (work: Promise<unknown>): Promise<string> => await work.then(String, reasonOf);

  it('says that the registry went away, before an answer or in its middle', async () => {
    const gone = 'The registry stopped in the middle. Try again when it runs.';
    expect(await failure(fetch(url))).toBe(gone);
    expect(await failure(fetch(`${url}/begins`).then((answer) => answer.text()))).toBe(gone);
  });

  it('says what the file system says, without its codes', async () => {
    expect(await failure(readFile('/no/such/file'))).toBe('There is no such file or folder any more.');
    expect(await failure(readFile(import.meta.dirname))).toBe('There is a folder of that name.');
  });

  it('leaves what is a sentence as it is', () => {
    expect(reasonOf(new Error('The archive is damaged.'))).toBe('The archive is damaged.');
    expect(reasonOf('odd')).toBe('odd');
  });
});
