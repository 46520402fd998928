import { access, open } from 'node:fs/promises';
import { join } from 'node:path';
import { replaceFile } from '../disk/files.ts';
import { systemCode } from '../error.ts';
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

/** Annotation of the list: the journal's last record when it was made. */
const SEQ = 'berth.journal.seq';
const START = '{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","annotations":';

/**
 * Makes the data folder an OCI image layout, so that other tools can read the images even where there
 * is no Berth. Written in slices with a pause after each: the list may be long, and the server goes on.
 *
 * @param seq the last record that the entries show for certain
 */
export async function writeLayout(
  dataFolder: string,
  entries: Iterable<LayoutEntry>,
  seq: number,
): Promise<void> {
  // Not into the empty mount point of a disk that was pulled out.
  await access(join(dataFolder, 'blobs'));
  await replaceFile(join(dataFolder, 'oci-layout'), ['{"imageLayoutVersion":"1.0.0"}\n']);
  await replaceFile(join(dataFolder, 'index.json'), indexText(entries, seq));
}

/**
 * The record up to which the journal was written when the list was made; 0 if there is no list. A journal
 * that ends earlier has lost its end.
 */
export async function readLayoutSeq(dataFolder: string): Promise<number> {
  try {
    const file = await open(join(dataFolder, 'index.json'), 'r');
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(START.length + 64), 0, START.length + 64, 0);
      return parseLayoutSeq(buffer.toString('utf8', 0, bytesRead));
    } finally {
      await file.close();
    }
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return 0;
    throw error;
  }
}

export function parseLayoutSeq(text: string): number {
  if (!text.startsWith(START)) return 0;
  const seq = Number(/^\{"berth\.journal\.seq":"(\d{1,15})"\}/.exec(text.slice(START.length))?.[1]);
  return Number.isNaN(seq) ? 0 : seq;
}

async function* indexText(entries: Iterable<LayoutEntry>, seq: number): AsyncIterable<string> {
  let text = `${START}${JSON.stringify({ [SEQ]: String(seq) })},"manifests":[`;
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
