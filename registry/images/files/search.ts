import { Pace } from '../../pace.ts';
import type { Found } from './protocol.ts';
import type { FileEntry, View } from './view.ts';

/** Everything whose name has the text in it, whatever its case; with a slash in the text, whose path has. */
export async function search(view: View, text: string, most: number, signal?: AbortSignal): Promise<Found> {
  const pace = new Pace();
  const wanted = text.toLowerCase();
  const inPath = wanted.includes('/');
  const entries: FileEntry[] = [];
  let [total, seen] = [0, 0];
  for (const entry of view.walk('')) {
    seen += 1;
    if (seen % 256 === 0) {
      await pace.rest();
      signal?.throwIfAborted();
    }
    if (!(inPath ? entry.path : entry.name).toLowerCase().includes(wanted)) continue;
    total += 1;
    if (entries.length < most) entries.push(entry);
  }
  return { entries, total };
}
