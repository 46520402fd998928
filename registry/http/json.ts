import type { Context } from 'koa';
import { Pace } from '../pace.ts';

/** A Buffer, because Koa would add a charset to the type of a string and some clients compare it whole. */
export function json(ctx: Context, value: unknown, type = 'application/json'): void {
  ctx.set('Content-Type', type);
  ctx.status = 200;
  ctx.body = Buffer.from(JSON.stringify(value));
}

const ENTRIES_AT_ONCE = 200;

/** As `json`, for an object whose members may be very long lists: written in slices, so that others go on. */
export async function longJson(ctx: Context, value: object): Promise<void> {
  const pace = new Pace();
  const parts: Buffer[] = [];
  for (const [name, member] of Object.entries(value) as [string, unknown][]) {
    if (member === undefined) continue;
    parts.push(Buffer.from(`${parts.length === 0 ? '' : ','}${JSON.stringify(name)}:`));
    if (Array.isArray(member)) await writeList(member, parts, pace);
    else parts.push(Buffer.from(JSON.stringify(member)));
  }
  ctx.set('Content-Type', 'application/json');
  ctx.status = 200;
  ctx.body = Buffer.concat([Buffer.from('{'), ...parts, Buffer.from('}')]);
}

async function writeList(list: readonly unknown[], parts: Buffer[], pace: Pace): Promise<void> {
  for (let start = 0; start < list.length; start += ENTRIES_AT_ONCE) {
    // Without the brackets of the slice itself.
    const slice = JSON.stringify(list.slice(start, start + ENTRIES_AT_ONCE)).slice(1, -1);
    parts.push(Buffer.from(`${start === 0 ? '[' : ','}${slice}`));
    await pace.rest();
  }
  parts.push(Buffer.from(list.length === 0 ? '[]' : ']'));
}
