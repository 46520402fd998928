import type { Context } from 'koa';
import { describe, expect, it } from 'vitest';
import { longJson } from './json.ts';

async function written(value: object): Promise<unknown> {
  const ctx = { set: () => undefined, status: 0, body: Buffer.alloc(0) };
  await longJson(ctx as unknown as Context, value);
  return JSON.parse(ctx.body.toString());
}

describe('longJson', () => {
  it.each([
    [{}],
    [{ list: [] }],
    [{ first: 'naïve', list: Array.from({ length: 601 }, (_, i) => ({ i })), last: null }],
    [{ one: [1], other: [[2], []] }],
  ])('writes what JSON.stringify would %#', async (value) => {
    expect(await written(value)).toEqual(value);
  });

  it('leaves out what is undefined, as JSON does', async () => {
    expect(await written({ a: undefined, b: 1, c: undefined })).toEqual({ b: 1 });
  });
});
