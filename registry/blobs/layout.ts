import { join } from 'node:path';
import { replaceFile } from '../disk/files.ts';
import type { Digest } from '../reference.ts';

/** A tagged manifest as index.json lists it. */
export interface LayoutEntry {
  /** `repository:tag` */
  readonly reference: string;
  readonly mediaType: string;
  readonly digest: Digest;
  /** Bytes. */
  readonly size: number;
}

const SLICE = 500;

/**
 * Makes the data folder an OCI image layout, so that other tools can read the images even where there
 * is no Berth. Written in slices with a pause after each: the list may be long, and the server goes on.
 */
export async function writeLayout(dataFolder: string, entries: Iterable<LayoutEntry>): Promise<void> {
  await replaceFile(join(dataFolder, 'oci-layout'), ['{"imageLayoutVersion":"1.0.0"}\n']);
  await replaceFile(join(dataFolder, 'index.json'), indexText(entries));
}

async function* indexText(entries: Iterable<LayoutEntry>): AsyncIterable<string> {
  let text = '{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[';
  let count = 0;
  for (const { reference, mediaType, digest, size } of entries) {
    const annotations = { 'org.opencontainers.image.ref.name': reference };
    text += `${count > 0 ? ',' : ''}\n${JSON.stringify({ mediaType, digest, size, annotations })}`;
    count += 1;
    if (count % SLICE > 0) continue;
    yield text;
    text = '';
    await new Promise((resolve) => setImmediate(resolve));
  }
  yield `${text}\n]}\n`;
}
