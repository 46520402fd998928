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
  const members: string[] = [];
  for (const [name, member] of Object.entries(value) as [string, unknown][]) {
    members.push(
      `${JSON.stringify(name)}:${Array.isArray(member) ? await listText(member, pace) : JSON.stringify(member)}`,
    );
  }
  ctx.set('Content-Type', 'application/json');
  ctx.status = 200;
  ctx.body = Buffer.from(`{${members.join(',')}}`);
}

async function listText(list: readonly unknown[], pace: Pace): Promise<string> {
  const slices: string[] = [];
  for (let start = 0; start < list.length; start += ENTRIES_AT_ONCE) {
    // Without the brackets of the slice itself.
    slices.push(JSON.stringify(list.slice(start, start + ENTRIES_AT_ONCE)).slice(1, -1));
    await pace.rest();
  }
  return `[${slices.join(',')}]`;
}
