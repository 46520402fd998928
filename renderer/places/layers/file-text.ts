import { request } from '../../state/api.ts';

/** More than somebody reads here; the rest stays where it is. */
export const MOST_BYTES = 131_072;

export interface FileText {
  /** Of the whole file. */
  readonly bytes: number;
  /** Its beginning, `MOST_BYTES` at most; null if that is no text. */
  readonly text: string | null;
}

/** @throws ApiError, or the signal's reason once it is aborted */
export async function readText(address: string, signal: AbortSignal): Promise<FileText> {
  const response = await request('GET', address, { signal });
  const bytes = Number(response.headers.get('Content-Length'));
  const reader = response.body?.getReader();
  if (reader === undefined) return { bytes, text: '' };
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let [text, left]: [string | null, number] = ['', MOST_BYTES];
  while (text !== null && left > 0) {
    const { done, value } = await reader.read();
    const part = value?.subarray(0, left);
    const more = decode(decoder, part);
    text = more === null ? null : text + more;
    left -= part?.length ?? left;
    if (done) return { bytes, text };
  }
  await reader.cancel();
  return { bytes, text };
}

/** UTF-8 without zeros is text, as it is for git and grep. Without a part it is at its end. */
function decode(decoder: TextDecoder, part: Uint8Array | undefined): string | null {
  if (part?.includes(0)) return null;
  try {
    return decoder.decode(part, { stream: part !== undefined });
  } catch {
    return null;
  }
}
