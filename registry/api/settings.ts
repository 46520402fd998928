import type { Router } from '@koa/router';
import { json } from '../http/json.ts';
import type { Store } from '../images/store.ts';
import { readFields } from './body.ts';

/** What can be changed while Berth runs. docs/retention.md */
export function settingsRoutes(router: Router, { settings }: Store): void {
  router.get('/api/settings', (ctx) => json(ctx, settings.current));
  router.patch('/api/settings', async (ctx) => json(ctx, await settings.change(await readFields(ctx))));
}
