import { request as httpRequest, type IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';

export interface Upload {
  readonly url: URL;
  readonly token: string;
  readonly body: Readable;
  /** Bytes. */
  readonly size: number;
  readonly signal: AbortSignal;
  /** Called with the bytes so far. */
  readonly onProgress: (done: number) => void;
}

/**
 * Sends a body as fast as it is taken. fetch() would not tell how far it is.
 *
 * @returns status and body of the answer, which may come before everything is sent
 */
export async function upload(sent: Upload): Promise<{ status: number; body: string }> {
  const answer = await send(sent);
  return { status: answer.statusCode ?? 0, body: await text(answer) };
}

function send({ url, token, body, size, signal, onProgress }: Upload): Promise<IncomingMessage> {
  const headers = {
    authorization: `Bearer ${token}`,
    'content-type': 'application/octet-stream',
    'content-length': String(size),
    'user-agent': 'Berth',
  };
  return new Promise((resolve, reject) => {
    const request = httpRequest(url, { method: 'POST', headers, signal });
    request.once('response', resolve);
    // After an answer the rest of the body is nobody's: then this settles nothing any more.
    request.once('error', reject);
    request.once('close', () => body.destroy());
    body.once('error', (error) => request.destroy(error));
    let done = 0;
    body.on('data', (chunk: Buffer) => {
      done += chunk.length;
      onProgress(done);
    });
    body.once('end', () => {
      if (done === size) return;
      request.destroy(new Error('The file changed while it was read. Try again.'));
    });
    body.pipe(request);
  });
}
