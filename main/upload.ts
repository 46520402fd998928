import { request as httpRequest, type IncomingMessage } from 'node:http';
import { Transform, type Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';

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

interface Answer {
  readonly status: number;
  readonly body: string;
}

/**
 * Sends a body as fast as it is taken. fetch() would not tell how far it is.
 *
 * @returns status and body of the answer, which may come before everything is sent
 */
export async function upload({ url, token, body, size, signal, onProgress }: Upload): Promise<Answer> {
  const headers = {
    authorization: `Bearer ${token}`,
    'content-type': 'application/octet-stream',
    'content-length': String(size),
    'user-agent': 'Berth',
  };
  const request = httpRequest(url, { method: 'POST', headers, signal });
  try {
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      request.once('response', resolve);
      // After an answer this settles nothing any more.
      pipeline(body, counter(size, onProgress), request).catch(reject);
    });
    return { status: answer.statusCode ?? 0, body: await text(answer) };
  } finally {
    // The rest of the body is nobody's then, and its file would stay open.
    request.destroy();
    body.destroy();
  }
}

function counter(size: number, onProgress: Upload['onProgress']): Transform {
  let done = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, pass) {
      done += chunk.length;
      onProgress(done);
      pass(null, chunk);
    },
    flush(pass) {
      pass(done === size ? null : new Error('The file changed while it was read. Try again.'));
    },
  });
}
