import type { Router } from '@koa/router';
import { RegistryError } from '../error.ts';
import { json } from '../http/json.ts';
import { query } from '../http/request.ts';
import { findDigests } from '../images/digests.ts';
import type { Store } from '../images/store.ts';
import { parseName } from '../reference.ts';
import type { DigestList } from './contract.ts';

const MOST = 10;

/** Which digest people mean who type the beginning of one. */
export function digestRoutes(router: Router, store: Store): void {
  router.get('/api/digests', (ctx) => {
    const beginning = query(ctx, 'beginning') ?? '';
    if (!/^(?:sha(?:256|512):)?[0-9a-f]{6,128}$/.test(beginning)) {
      throw new RegistryError('REQUEST_INVALID', 'The beginning of a digest has at least 6 hex digits.');
    }
    const found = findDigests(store, parseName(query(ctx, 'repository') ?? ''), beginning);
    const answer: DigestList = { digests: found.slice(0, MOST), total: found.length };
    json(ctx, answer);
  });
}
