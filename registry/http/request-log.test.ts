import { afterEach, beforeEach, expect, describe, it, vi } from 'vitest';
import { imageOf } from '../../test/clients/image.ts';
import { Served } from '../../test/served.ts';
import { silentLog } from '../log.ts';

let berth: Served;
const [info, debug] = [vi.fn(), vi.fn()];

beforeEach(async () => {
  info.mockClear();
  debug.mockClear();
  berth = await Served.start({ log: { ...silentLog(), info, debug } });
  await berth.repository('app').push(imageOf(), 'v1');
});
afterEach(() => berth.stop());

const lines = (log: typeof info): string[] => log.mock.calls.map(([text]) => String(text));

async function post(path: string, body: object, client: Record<string, string>): Promise<number> {
  const headers = { 'Content-Type': 'application/json', ...client };
  return (await fetch(`${berth.url}${path}`, { method: 'POST', headers, body: JSON.stringify(body) })).status;
}

const COMMAND_LINE = { 'User-Agent': 'berth' };

describe('requestLog', () => {
  it.each([
    ['/api/resolve', { references: ['app:v1'] }],
    ['/api/deletions/plan', { references: [{ repository: 'app', reference: 'v1' }] }],
    ['/api/export/plan', { references: ['app:v1'] }],
    ['/api/retention', { dryRun: true }],
    ['/_gc', { dryRun: true }],
  ])('tells of a plan that a person looks at only who wants details: POST %s', async (path, body) => {
    expect(await post(path, body, COMMAND_LINE)).toBe(200);
    await vi.waitFor(() => expect(lines(debug)).toContain(`POST ${path}`));
    expect(lines(info)).not.toContain(`POST ${path}`);
  });

  it('tells everybody of what changes something, and of what is refused', async () => {
    expect(await post('/_gc', {}, COMMAND_LINE)).toBe(200);
    expect(await post('/api/resolve', { references: 1 }, COMMAND_LINE)).toBe(400);
    await vi.waitFor(() =>
      expect(lines(info)).toEqual(expect.arrayContaining(['POST /_gc', 'POST /api/resolve'])),
    );
  });
});
