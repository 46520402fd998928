import type { Router } from '@koa/router';
import { json } from '../http/json.ts';
import type { Store } from '../images/store.ts';
import { changeSettings } from '../retention/settings-change.ts';
import { optional, readFields } from './body.ts';
import type { Settings } from './contract.ts';

/** What can be changed while Berth runs. docs/retention.md */
export function settingsRoutes(router: Router, store: Store): void {
  router.get('/api/settings', (ctx) => json(ctx, store.settings.current satisfies Settings));
  router.patch('/api/settings', async (ctx) => {
    const { confirm, ...patch } = await readFields(ctx);
    const isConfirmed = optional<boolean>({ confirm }, 'confirm', 'boolean') ?? false;
    const changed: Settings = await changeSettings(store, patch, isConfirmed);
    json(ctx, changed);
  });
}
