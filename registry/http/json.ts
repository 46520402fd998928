import type { Context } from 'koa';

/** A Buffer, because Koa would add a charset to the type of a string and some clients compare it whole. */
export function json(ctx: Context, value: unknown, type = 'application/json'): void {
  ctx.set('Content-Type', type);
  ctx.status = 200;
  ctx.body = Buffer.from(JSON.stringify(value));
}
