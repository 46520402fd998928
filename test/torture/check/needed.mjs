import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Violation } from '../protocol.mjs';
import { contentOf } from './folded.mjs';

/**
 * After a reclaim, when nobody was promised anything: no content is on the disk that nothing leads to.
 *
 * @param {string} data
 * @param {import('./journal.mjs').Journal} journal
 * @param {boolean} emptied whether the trash was to go, too
 */
export async function checkNeeded(data, journal, emptied) {
  const needed = new Set();
  for (const { manifests, blobs, trash, hidden } of journal.repositories.values()) {
    const kept = emptied
      ? [...manifests.values()]
      : [...manifests.values(), ...[...trash.values()].map(({ manifest }) => manifest)];
    for (const manifest of kept) {
      for (const { digest } of [manifest, ...contentOf(manifest)]) needed.add(digest);
    }
    for (const digest of [...blobs.keys(), ...(emptied ? [] : hidden.keys())]) needed.add(digest);
    if (emptied && trash.size + hidden.size > 0) {
      throw new Violation(`the trash still has ${[...trash.keys(), ...hidden.keys()].join(', ')}`);
    }
  }
  for (const algorithm of ['sha256', 'sha512']) {
    for (const hex of await readdir(join(data, 'blobs', algorithm))) {
      if (!needed.has(`${algorithm}:${hex}`)) throw new Violation(`nothing leads to ${algorithm}:${hex}`);
    }
  }
}
