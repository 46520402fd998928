import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ExportRequest } from './bridge.ts';
import type { Api } from './api.ts';
import type { Progress } from './import-file.ts';

/** Writes one archive of these images. Until it is whole, it has another name. */
export async function exportFile(
  api: Api,
  path: string,
  { references, platform }: ExportRequest,
  { signal, report }: Progress,
): Promise<void> {
  const query = new URLSearchParams(
    references.map((reference): [string, string] => ['reference', reference]),
  );
  if (platform !== undefined) query.set('platform', platform);
  const answer = await api.request(`/api/export?${query}`, { signal });
  const length = answer.headers.get('content-length');
  const total = length === null ? null : Number(length);
  let done = 0;
  const counter = new Transform({
    transform(chunk: Buffer, _encoding, pass) {
      done += chunk.length;
      report(done, total);
      pass(null, chunk);
    },
  });
  const part = `${path}.part`;
  try {
    const body = Readable.fromWeb(answer.body as Parameters<typeof Readable.fromWeb>[0]);
    await pipeline(body, counter, createWriteStream(part), { signal });
    await rename(part, path);
  } catch (error) {
    await rm(part, { force: true });
    throw error;
  }
}
