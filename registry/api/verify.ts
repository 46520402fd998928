import type { Router } from '@koa/router';
import type { Verifier } from '../verify/verify.ts';
import { json } from '../http/json.ts';
import { optional, readFields } from './body.ts';
import type { VerifyResult } from './contract.ts';
import type { Jobs } from './jobs.ts';

/** Checks of everything against everything. */
export function verifyRoutes(router: Router, verifier: Verifier, jobs: Jobs): void {
  /** Answers when it is done, or at once with `"job": true`: it reads everything that there is. */
  router.post('/api/verify', async (ctx) => {
    const fields = await readFields(ctx, ['repair', 'job']);
    const repair = optional<boolean>(fields, 'repair', 'boolean') ?? false;
    if (optional<boolean>(fields, 'job', 'boolean') !== true) {
      const result: VerifyResult = await verifier.run({ repair });
      return json(ctx, result);
    }
    const job = jobs.start('verify', '', ({ signal, progress }) =>
      verifier.run({ repair, signal, onProgress: progress }),
    );
    json(ctx, job);
    ctx.status = 202;
  });
}
