import type { Router } from '@koa/router';
import { json } from '../http/json.ts';
import type { Store } from '../images/store.ts';
import { readFields } from './body.ts';
import type { Settings } from './contract.ts';

/** What can be changed while Berth runs. docs/retention.md */
export function settingsRoutes(router: Router, { settings }: Store): void {
  router.get('/api/settings', (ctx) => json(ctx, settings.current satisfies Settings));
  router.patch('/api/settings', async (ctx) => {
    const changed: Settings = await settings.change(await readFields(ctx));
    json(ctx, changed);
  });
}
