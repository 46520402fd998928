import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RetentionPreview } from '../../registry/api/contract.ts';
import { startBerth, type Berth } from '../clients/berth.ts';
import { json, patch, post, put, send } from '../clients/http.ts';
import { imageOf, randomLayer } from '../clients/image.ts';
import { expectError, Repository, shown } from '../clients/repository.ts';
import { attempt } from '../clients/run.ts';

const BIN = join(import.meta.dirname, '../../registry/cli/bin.cjs');

let server: Berth;

beforeAll(async () => {
  server = await startBerth();
});
afterAll(() => server.dispose());

async function berth(...args: string[]) {
  return await attempt(process.execPath, [BIN, ...args, '--url', server.url]);
}

async function push(repository: string, ...tags: string[]): Promise<void> {
  for (const tag of tags) {
    const answer = await new Repository(server, repository).push(
      imageOf({ layers: [randomLayer(100)] }),
      tag,
    );
    expect(answer.status, shown(answer)).toBe(201);
  }
}

describe('berth settings', () => {
  it('shows and changes them while the registry runs, and keeps them in berth.json', async () => {
    expect((await berth('settings', 'budget', '20GB')).stdout).toBe('budget  20.0 GB\n');
    expect((await berth('settings', 'verifyDays', 'never')).stdout).toBe('verifyDays  never\n');
    expect((await berth('settings')).stdout).toMatch(
      /^SETTING {9}VALUE .*\nundoDays {8}7 +days in which .*\nreclaimMinutes {2}60 .*\n/,
    );
    expect((await berth('settings', 'reserve', 'none')).stdout).toBe('reserve  512 MiB, or 5 % if less\n');
    const file = JSON.parse(await readFile(join(server.data, 'berth.json'), 'utf8')) as unknown;
    expect(file).toEqual({ format: 1, budget: 20e9, verifyDays: null, reserve: null });
    await berth('settings', 'budget', 'none');
  });

  it('says what is wrong', async () => {
    expect(await berth('settings', 'undoDays', 'soon')).toMatchObject({
      code: 1,
      stderr: 'undoDays must be a number of days, 0 for no way back.\n',
    });
    expect((await berth('settings', 'undo')).stderr).toContain('There is no setting named "undo".');
    expectError(await patch(server, '/api/settings', { body: '{"undo":1}' }), 400, 'REQUEST_INVALID');
    expectError(await patch(server, '/api/settings', { body: '[]' }), 400, 'REQUEST_INVALID');
  });
});

describe('a budget below what is used', () => {
  it('is set only by --yes, after it was said what it takes', async () => {
    await push('full', 'one', 'two');
    const asked = await berth('settings', 'budget', '5');
    expect(asked.code).toBe(1);
    expect(asked.stdout).toBe('');
    expect(asked.stderr).toMatch(/^A budget of 5 B is below the .* that are used\.$/m);
    expect(asked.stderr).toMatch(/^It takes 2 tags and 2 manifests in 1 repository, .* for good/m);
    expect(asked.stderr).toMatch(/^ {2}full {2}2 tags/m);
    expect(asked.stderr).toContain('Nothing was changed. Add --yes');
    expectError(await patch(server, '/api/settings', { body: '{"budget":5}' }), 409, 'CONFIRMATION_REQUIRED');
    const wrong = await patch(server, '/api/settings', { body: '{"budget":5,"confirm":"yes"}' });
    expectError(wrong, 400, 'REQUEST_INVALID');
    expect((await berth('settings', 'budget')).stdout).toBe('budget  none\n');
    expect(await new Repository(server, 'full').tags()).toEqual(['one', 'two']);

    expect((await berth('settings', 'budget', '5', '--yes')).stdout).toBe('budget  5 B\n');
    const status = async () => (await send(server, 'GET', '/v2/full/manifests/two')).status;
    await expect.poll(status, { timeout: 30_000 }).toBe(404);
    await berth('settings', 'budget', 'none');
  });
});

describe('an undo window that ends now for something in the trash', () => {
  it('is set only by --yes, after it was said what could not be put back', async () => {
    await push('undone', 'one', 'two');
    await berth('delete', 'undone:one');
    const asked = await berth('settings', 'undoDays', '0');
    expect(asked).toMatchObject({ code: 1, stdout: '' });
    expect(asked.stderr).toMatch(
      /^With an undo window of 0 days 1 image in the trash of 1 repository, .*, cannot be put back/m,
    );
    expect(asked.stderr).toContain('Nothing was changed. Add --yes to set this undo window');
    expect((await berth('settings', 'undoDays')).stdout).toBe('undoDays  7\n');
    expect((await berth('settings', 'undoDays', '0', '--yes')).stdout).toBe('undoDays  0\n');
    await berth('settings', 'undoDays', '7');
    await send(server, 'DELETE', '/api/repositories?name=undone');
  });
});

describe('berth retention', () => {
  it('plans, runs, and can be undone', async () => {
    await push('ci/app', '1', '2', '3', 'main');
    const rules = [
      { repositories: 'ci/**', tags: 'main' },
      { repositories: 'ci/**', keepNewest: 1 },
    ];
    expect((await berth('settings', 'retention', JSON.stringify(rules))).code).toBe(0);

    const plan = await berth('retention', 'plan', 'ci/app');
    expect(plan.stdout).toMatch(
      /^goes {2}ci\/app:1 .* retention rule 2 \(ci\/\*\*\): it is not the newest tag$/m,
    );
    expect(plan.stdout).toMatch(/^stays {2}ci\/app:main .* retention rule 1 \(ci\/\*\*:main\) keeps all/m);
    expect(plan.stdout).toContain('Would delete 2 tags and 2 manifests.');
    expect((await berth('retention', 'plan')).stdout).toContain('2 others stay:');
    expect((await berth('retention', 'plan', 'ci/ap')).stderr).toBe(
      'There is no repository ci/ap. See "berth repos".\n',
    );

    const run = await berth('retention', 'run');
    expect(run.stdout).toContain('Deleted 2 tags and 2 manifests. Until the trash is emptied, "berth undo ');
    expect(await new Repository(server, 'ci/app').tags()).toEqual(['3', 'main']);
    expect((await berth('history', 'ci/app:1')).stdout).toMatch(/deleted .* berth retention$/m);
    expect((await berth('undo')).code).toBe(0);
    expect(await new Repository(server, 'ci/app').tags()).toEqual(['1', '2', '3', 'main']);
    expect((await berth('retention', 'run')).stdout).toBe('The rules took nothing.\n');
    expect((await berth('why', 'ci/app:1')).stdout).toMatch(/is kept[^]*somebody put it back/);
    await berth('settings', 'retention', '[]');
  });

  it('gives up the oldest for the budget, for good, and gc removes it', async () => {
    await push('big', 'one', 'two');
    await push('protected', 'v1');
    expect((await berth('protect', 'protected:v1')).stdout).toContain('protected:v1 is protected');
    // A change at run time is met at once: the plan would have nothing to say.
    await server.stop();
    const file = join(server.data, 'berth.json');
    const settings = JSON.parse(await readFile(file, 'utf8')) as object;
    await writeFile(file, JSON.stringify({ ...settings, budget: 1 }));
    await server.restart();
    const plan = await berth('retention', 'plan');
    expect(plan.stdout).toContain('cannot be undone');
    expect(plan.stdout).toContain('over the budget: all that is left is protected or in use.');
    const run = await berth('retention', 'run');
    expect(run.stdout).toContain('For the budget, gave up');
    expect(await new Repository(server, 'protected').tags()).toEqual(['v1']);
    expectError(await send(server, 'GET', '/v2/big/manifests/one'), 404);
    expect((await berth('undo')).stderr).toContain('was reclaimed, and cannot be put back');
    expect((await berth('gc')).stdout).toMatch(/^Removed \d+ blobs, and freed/);
    expect((await berth('gc', '--empty-trash')).stdout).toContain('cannot be put back any more');
    await berth('settings', 'budget', 'none');
    expect((await berth('unprotect', 'protected:v1')).stdout).toBe(
      'protected:v1 is not protected any more.\n',
    );
  });
});

describe('POST /api/retention', () => {
  it('says what other rules would take, and puts none of them into force', async () => {
    await push('draft', '1', '2', '3');
    const ask = (body: object) => post(server, '/api/retention', { body: JSON.stringify(body) });
    const retention = [{ repositories: 'draft', keepNewest: 1 }];
    const plan = json<RetentionPreview>(await ask({ dryRun: true, retention }));
    expect(plan.byRule).toMatchObject([{ rule: 'retention rule 1', tags: 2 }]);
    expectError(await ask({ retention }), 400, 'REQUEST_INVALID');
    const wrong = [{ repositories: 'draft', keepNewest: 'x' }];
    expectError(await ask({ dryRun: true, retention: wrong }), 400, 'REQUEST_INVALID');
    expect((await berth('settings', 'retention')).stdout).toBe('retention  []\n');
    expect(await new Repository(server, 'draft').tags()).toEqual(['1', '2', '3']);
  });
});

describe('berth protect', () => {
  it('keeps a tag from pushes and deletions, until it is unprotected', async () => {
    await push('app', 'v1', 'v2');
    await berth('protect', 'app:v1');
    const image = imageOf({ layers: [randomLayer(100)] });
    await new Repository(server, 'app').push(image);
    const refused = await new Repository(server, 'app').putManifest('v1', image);
    expectError(refused, 403, 'DENIED');
    expect(shown(refused)).toContain('berth unprotect app:v1');
    expect((await berth('delete', 'app:v1')).stderr).toContain('is protected');
    expect((await berth('expire', 'app:v1', 'in', '3d')).stderr).toContain('is protected');
    await berth('unprotect', 'app:v1');
    expect((await new Repository(server, 'app').push(image, 'v1')).status).toBe(201);
  });

  it('names the rule that protects a tag in any case', async () => {
    await berth('settings', 'retention', JSON.stringify([{ repositories: 'app', protect: ['v*'] }]));
    expect((await berth('unprotect', 'app:v1')).stdout).toContain(
      'The pattern "v*" of retention rule 1 protects it in any case.',
    );
    expect((await berth('delete', 'app:v1')).stderr).toContain(
      'take the pattern "v*" out of retention rule 1',
    );
    await berth('settings', 'retention', '[]');
  });
});

describe('berth expire', () => {
  it('sets when a tag goes, and takes that back', async () => {
    await push('app', 'soon');
    const { stdout } = await berth('expire', 'app:soon', 'in', '3d', '--json');
    const { expiresAt } = JSON.parse(stdout) as { expiresAt: string };
    expect(Date.parse(expiresAt) - Date.now()).toBeGreaterThan(2.9 * 24 * 3_600_000);
    expect((await berth('why', 'app:soon')).stdout).toContain('it has a lifetime of its own, until');
    expect((await berth('expire', 'app:soon', 'never')).stdout).toBe('app:soon does not expire.\n');
    expect((await berth('expire', 'app:soon', 'at', '2020-01-01')).stderr).toContain(
      'is over. To delete the tag now',
    );
    expect((await berth('expire', 'app:soon', 'tomorrow')).stderr).toContain('"tomorrow" is no time.');
    expect((await berth('expire', 'app:none', 'never')).stderr).toBe(
      'app has no tag none. See "berth tags app".\n',
    );
  });
});

describe('PATCH /api/tags', () => {
  it('answers with what is then', async () => {
    await push('app', 'v9');
    const answer = await patch(server, '/api/tags?repository=app&tag=v9', { body: '{"protected":true}' });
    expect(json(answer)).toMatchObject({
      repository: 'app',
      tag: 'v9',
      protected: true,
      protectedBy: null,
      expiresAt: null,
    });
    for (const body of ['{"expiresAt":"x"}', '{"expiresAt":5}', '{"protected":1}', '"x"']) {
      expectError(await patch(server, '/api/tags?repository=app&tag=v9', { body }), 400, 'REQUEST_INVALID');
    }
    expectError(await patch(server, '/api/tags?repository=app', { body: '{}' }), 400, 'REQUEST_INVALID');
  });
});

describe('GET /api/why', () => {
  it('tells of a tag, a digest, a blob and a repository', async () => {
    const image = imageOf({ layers: [randomLayer(100)] });
    await new Repository(server, 'why').push(image, 'v1');
    const blob = image.blobs[0]?.digest ?? '';
    for (const reference of ['why', 'why:v1', `why@${image.digest}`, `why@${blob}`]) {
      const { code, stdout } = await berth('why', reference);
      expect({ code, first: stdout.split('\n')[0] }).toEqual({ code: 0, first: `${reference} is kept.` });
    }
    expect((await berth('why', 'why:none')).code).toBe(1);
    expectError(await send(server, 'GET', '/api/why'), 400, 'REQUEST_INVALID');
    expectError(await send(server, 'GET', '/api/why?repository=why&reference=%20'), 400, 'TAG_INVALID');
    expectError(await put(server, '/api/why?repository=why'), 405, 'METHOD_NOT_ALLOWED');
  });
});
