import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { imageOf } from '../../test/clients/image.ts';
import { Served } from '../../test/served.ts';
import type { ProtectionPlan, TagList } from './contract.ts';

let berth: Served;

beforeEach(async () => {
  berth = await Served.start();
  await berth.repository('app').push(imageOf(), 'v1');
});
afterEach(async () => berth.stop());

describe('POST /api/tags/plan', () => {
  const PATH = '/api/tags/plan?repository=app';

  it('says what the rules would do after it, and does nothing', async () => {
    const planned: ProtectionPlan = await berth.call('POST', PATH, { tags: ['v1'], protected: true });
    expect(planned).toEqual({
      tags: [
        {
          tag: 'v1',
          before: { stays: true, reason: 'no retention rule matches it' },
          after: { stays: true, reason: 'it is protected' },
        },
      ],
      others: [],
    });
    const { tags } = await berth.get<TagList>('/api/tags?repository=app');
    expect(tags.map((each) => each.protected)).toEqual([false]);
  });

  it('refuses what is no plan, and tags that are not there', async () => {
    const status = async (body: object) => (await berth.send('POST', PATH, body)).status;
    expect(await status({ tags: ['v1'] })).toBe(400);
    expect(await status({ protected: true })).toBe(400);
    expect(await status({ tags: ['none'], protected: true })).toBe(404);
  });
});

describe('PATCH /api/tags', () => {
  it('takes tens of thousands of long tags, and refuses more', async () => {
    const tags = Array.from({ length: 12_000 }, (_, at) => `${'long-'.repeat(20)}${at}`);
    const status = async (path: string, all: string[]) =>
      (
        await berth.send(path === '/api/tags' ? 'PATCH' : 'POST', `${path}?repository=app`, {
          tags: all,
          protected: true,
        })
      ).status;
    for (const path of ['/api/tags', '/api/tags/plan']) {
      expect(await status(path, tags)).toBe(404);
      expect(
        await status(
          path,
          Array.from({ length: 100_001 }, () => 'v1'),
        ),
      ).toBe(400);
    }
  });
});
