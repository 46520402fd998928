import { afterEach, beforeEach, expect, it } from 'vitest';
import { imageOf } from '../../test/clients/image.ts';
import { Served } from '../../test/served.ts';

let berth: Served;

beforeEach(async () => {
  berth = await Served.start();
});
afterEach(async () => berth.stop());

it('says where names point, and which point nowhere', async () => {
  const image = imageOf();
  await berth.repository('team/app').push(image, 'v1');
  const references = ['team/app:v1', 'team/app:v2', 'other', 'No name'];
  expect(await berth.call('POST', '/api/resolve', { references })).toEqual({
    resolved: [
      { reference: 'team/app:v1', name: 'team/app:v1', digest: image.digest },
      { reference: 'team/app:v2', name: 'team/app:v2', digest: null },
      { reference: 'other', name: 'other:latest', digest: null },
      { reference: 'No name', name: null, digest: null },
    ],
  });
});

it.each([{}, { references: 'app' }, { references: [1] }, { references: Array(101).fill('app') }])(
  'refuses what is no list of names (%#)',
  async (body) => {
    const { status } = await berth.send('POST', '/api/resolve', body);
    expect(status).toBe(400);
  },
);
