import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { imageOf } from '../../test/clients/image.ts';
import { Served } from '../../test/served.ts';

let berth: Served;

beforeAll(async () => {
  berth = await Served.start();
  await berth.repository('app').push(imageOf(), 'v1');
});
afterAll(() => berth.stop());

const digest = `sha256:${'0'.repeat(64)}`;

describe('a body', () => {
  it.each([
    ['POST', '/_gc', { empty_trash: true }],
    ['POST', '/api/reclaim', { emptytrash: true }],
    ['POST', '/api/verify', { fix: true }],
    ['POST', '/api/retention', { dryrun: true }],
    ['POST', '/api/undo', { changes: 1 }],
    ['POST', '/api/deletions', { references: [{ repository: 'app', tag: 'v1' }] }],
    ['POST', '/api/deletions/plan', { references: [{ repository: 'app', refrence: 'v1' }] }],
    ['POST', '/api/restore', { repository: 'app', digest, at: 'now' }],
    ['POST', '/api/tags', { from: { repository: 'app', tag: 'v1' }, to: { repository: 'app', tag: 'v2' } }],
    ['PATCH', '/api/tags?repository=app&tag=v1', { protect: true }],
    ['PATCH', '/api/tags?repository=app&tag=v1', { tags: ['v1'], protected: true }],
    ['POST', '/api/tags/plan?repository=app', { tags: [], protected: true, all: true }],
    ['POST', '/api/files/read', { repository: 'app', reference: 'v1' }],
    ['POST', '/api/resolve', { reference: ['app:v1'] }],
    ['POST', '/api/export/plan', { references: ['app:v1'], platforms: 'linux/amd64' }],
    ['PUT', '/_log', { level: 'info', format: 'json' }],
    ['PATCH', '/api/settings', { undodays: 3 }],
  ])('with a member that is misspelt is refused: %s %s %j', async (method, path, body) => {
    const before = await berth.get('/api/changes');
    const { status, body: answer } = await berth.send(method, path, body);
    expect(status).toBe(400);
    expect(JSON.parse(answer.toString())).toMatchObject({
      errors: [{ code: 'REQUEST_INVALID', message: expect.stringMatching(/There (may be|are) /) }],
    });
    expect(await berth.get('/api/changes')).toEqual(before);
  });

  it.each([
    ['POST', '/api/resolve', { references: ['app:v1', null] }, 'a list of at most 100 texts'],
    ['POST', '/api/export/plan', { references: [{ name: 'app:v1' }] }, 'a list of texts'],
    ['POST', '/api/export/plan', { references: [] }, 'at least one image'],
    ['POST', '/api/tags', { from: 'app:v1' }, '"from" must be an object'],
    ['POST', '/api/deletions', { references: ['app:v1'] }, 'Each of "references" must be'],
  ])('of another shape is refused: %s %s %j', async (method, path, body, why) => {
    const { status, body: answer } = await berth.send(method, path, body);
    expect(status).toBe(400);
    expect(answer.toString().replaceAll('\\"', '"')).toContain(why);
  });
});

describe('a switch in the address', () => {
  it.each(['banana', 'True', 'no', '2'])('is neither on nor off with %j', async (value) => {
    const { status, body } = await berth.send('POST', `/_gc?empty-trash=${value}`);
    expect(status).toBe(400);
    expect(body.toString()).toContain('?empty-trash= must be true or false.');
  });

  it.each(['', '=true', '=1', '=', '=false', '=0'])('is either with %j', async (value) => {
    expect((await berth.send('GET', `/_gc?empty-trash${value}`)).status).toBe(200);
  });
});
