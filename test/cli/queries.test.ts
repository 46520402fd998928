import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startRegistry, type Registry } from '../../registry/index.ts';

const BERTH = resolve(import.meta.dirname, '../../registry/cli/bin.cjs');
const OCI = 'application/vnd.oci.image.manifest.v1+json';

let folder: string;
let registry: Registry;
let digest: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'berth-cli-'));
  registry = await startRegistry({ dataFolder: folder, port: 0 });
  for (const tag of ['v1', 'v2']) digest = await pushImage('team/app', tag);
});
afterAll(async () => {
  await registry.stop();
  await rm(folder, { recursive: true, force: true });
});

async function berth(...args: string[]) {
  return await berthOf(registry.url, ...args);
}

async function berthOf(url: string, ...args: string[]) {
  const child = spawn(process.execPath, [BERTH, ...args], { env: { ...process.env, BERTH_URL: url } });
  const [stdout, stderr, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close'),
  ]);
  return { stdout, stderr, code: code as number };
}

async function pushBlob(repository: string, content: string) {
  const sha256 = `sha256:${createHash('sha256').update(content).digest('hex')}`;
  const url = `${registry.url}/v2/${repository}/blobs/uploads/?digest=${sha256}`;
  expect((await fetch(url, { method: 'POST', body: content })).status).toBe(201);
  return { mediaType: 'application/octet-stream', digest: sha256, size: content.length };
}

async function pushImage(repository: string, tag: string): Promise<string> {
  const config = await pushBlob(repository, '{}');
  const layers = [await pushBlob(repository, 'layer')];
  const response = await fetch(`${registry.url}/v2/${repository}/manifests/${tag}`, {
    method: 'PUT',
    headers: { 'Content-Type': OCI },
    body: JSON.stringify({ schemaVersion: 2, mediaType: OCI, config, layers }),
  });
  expect(response.status).toBe(201);
  return response.headers.get('Docker-Content-Digest') ?? '';
}

const json = (output: { stdout: string }): unknown => JSON.parse(output.stdout);

describe('berth status', () => {
  it('tells people and machines what the registry holds', async () => {
    expect((await berth('status')).stdout).toContain('1 image in 1 repository');
    expect(json(await berth('status', '--json'))).toMatchObject({
      status: 'ok',
      repositories: 1,
      dataFolder: folder,
    });
  });

  it('says what to do when no registry answers', async () => {
    const child = spawn(process.execPath, [BERTH, 'status', '--url', 'http://127.0.0.1:1']);
    const [stderr, [code]] = await Promise.all([text(child.stderr), once(child, 'close')]);
    expect(code).toBe(1);
    expect(stderr).toContain('berth serve');
  });
});

describe('an option that many commands have', () => {
  it('may stand in front of the command, and is refused by one that has it not', async () => {
    expect((await berthOf('http://127.0.0.1:1', '--url', registry.url, 'repos')).stdout).toBe('team/app\n');
    expect(json(await berth('--json', 'status'))).toMatchObject({ status: 'ok' });
    expect((await berth('--json', 'serve')).stderr).toContain("unknown option '--json'");
  });
});

describe('a command that was given too much', () => {
  it.each([
    ['undo', '17', '18'],
    ['retention', 'run', 'app'],
  ])('says where its help is: %s %s', async (...args) => {
    const { stderr, code } = await berth(...args);
    expect(code).toBe(1);
    const command = args[0] === 'retention' ? 'retention run' : args[0];
    expect(stderr).toContain(`(try berth ${command} --help)`);
  });
});

describe('berth repos', () => {
  it('lists repositories', async () => {
    expect((await berth('repos')).stdout).toBe('team/app\n');
    expect(json(await berth('repos', '--json'))).toMatchObject({
      repositories: [{ name: 'team/app', tags: 2, images: 1, size: expect.any(Number), lastPull: null }],
    });
  });
});

describe('a registry that nothing was pushed to', () => {
  it('lists nothing, and says on standard error how to push the first image', async () => {
    const empty = await mkdtemp(join(tmpdir(), 'berth-cli-empty-'));
    const fresh = await startRegistry({ dataFolder: empty, port: 0 });
    try {
      const { stdout, stderr, code } = await berthOf(fresh.url, 'repos');
      expect({ stdout, code }).toEqual({ stdout: '', code: 0 });
      expect(stderr).toContain(`docker push localhost:${new URL(fresh.url).port}/alpine`);
    } finally {
      await fresh.stop();
      await rm(empty, { recursive: true });
    }
  });
});

describe('berth help', () => {
  it('groups all commands by topic, and gives examples of each', async () => {
    const { stdout } = await berth('help');
    const headings = stdout.match(/^\S.*:$/gm) ?? [];
    expect(headings).toEqual([
      'Options:',
      'The registry:',
      'Images:',
      'Deleting, and taking it back:',
      'The disk:',
      'When something is wrong:',
      'Commands:',
    ]);
    const names = [...stdout.matchAll(/^ {2}([a-z-]+)(?= )/gm)].map(([, name]) => name ?? '');
    for (const name of names.filter((each) => !['help', 'retention'].includes(each))) {
      expect((await berthOf('', name, '--help')).stdout, name).toMatch(/\nExamples?:\n {2}.*berth /);
    }
  });

  it('is about one command, and names one that there is not', async () => {
    expect((await berth('help', 'retention', 'plan')).stdout).toContain('Usage: berth retention plan ');
    expect(await berth('help', 'bogus')).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringContaining("unknown command 'bogus'"),
    });
  });
});

describe('berth tags', () => {
  it('lists tags, with or without the registry in front of the name', async () => {
    for (const name of ['team/app', `${new URL(registry.url).host}/team/app`]) {
      expect(json(await berth('tags', name, '--json'))).toMatchObject({
        repository: 'team/app',
        tags: ['v1', 'v2'].map((tag) => ({ tag, digest, size: expect.any(Number), pulledAt: null })),
      });
    }
    expect((await berth('tags', 'team/app')).stdout).toBe('v1\nv2\n');
  });

  it('says that a repository is unknown', async () => {
    expect(await berth('tags', 'nothing')).toMatchObject({
      code: 1,
      stderr: 'There is no repository nothing. See "berth repos".\n',
    });
  });
});

describe('berth inspect', () => {
  it('says what is not there, by its name, and what to do', async () => {
    const stderr = async (reference: string) => (await berth('inspect', reference)).stderr;
    expect(await stderr('none:v1')).toBe('There is no repository none. See "berth repos".\n');
    expect(await stderr('team/app:v9')).toBe('team/app has no tag v9. See "berth tags team/app".\n');
    expect(await stderr('Team/App')).toBe('"Team/App" is not a repository name.\n');
  });

  it('shows the manifest of a tag and of a digest', async () => {
    expect((await berth('inspect', 'team/app:v1')).stdout).toContain(digest);
    expect(json(await berth('inspect', `team/app@${digest}`, '--json'))).toMatchObject({
      digest,
      mediaType: OCI,
      manifest: { schemaVersion: 2 },
    });
  });

  it('is no pull', async () => {
    await berth('inspect', 'team/app:v1');
    const { repositories } = (await (await fetch(`${registry.url}/api/repositories`)).json()) as {
      repositories: { lastPull: string | null }[];
    };
    expect(repositories).toMatchObject([{ lastPull: null }]);
  });
});

describe('berth stats', () => {
  it('counts layers and what did not have to be sent again', async () => {
    expect(json(await berth('stats', '--json'))).toMatchObject({
      images: 1,
      layers: { count: 1, totalSize: 5, cacheMisses: 2 },
      repositoryDetails: [{ name: 'team/app', tags: ['v1', 'v2'], imageCount: 1 }],
    });
  });
});

describe('the beginning of a digest', () => {
  it.each([
    ['inspect', 13],
    ['why', 13],
    ['inspect', 6],
  ])('is enough for %s', async (command, digits) => {
    const short = digest.slice(0, 7 + digits);
    expect((await berth(command, `team/app@${short}`)).stdout).toContain(digest);
    expect((await berth(command, `team/app@${short.slice(7)}`)).stdout).toContain(digest);
  });

  it('has to be long enough, to be there, and to be that of one only', async () => {
    const stderr = async (reference: string) => (await berth('inspect', reference)).stderr;
    expect(await stderr('team/app@sha256:12345')).toContain('at least 6');
    expect(await stderr('team/app@ffffff0000')).toBe(
      'team/app has nothing whose digest begins with ffffff0000. See "berth tags team/app".\n',
    );
    expect(await stderr('none@ffffff0000')).toContain('There is no repository none.');
    const [first, second] = await twins();
    const several = await stderr(`twins@${first.slice(7, 13)}`);
    expect(several).toContain('is the beginning of several digests in twins:\n');
    for (const each of [first, second]) expect(several).toContain(`  ${each}\n`);
    await berth('delete', 'twins');
  });

  /** Pushes blobs until two of them begin alike. */
  async function twins(): Promise<[string, string]> {
    const seen = new Map<string, string>();
    for (let number = 0; ; number += 1) {
      const content = String(number);
      const sha256 = createHash('sha256').update(content).digest('hex');
      const other = seen.get(sha256.slice(0, 6));
      seen.set(sha256.slice(0, 6), content);
      if (other === undefined) continue;
      const [one, two] = [await pushBlob('twins', other), await pushBlob('twins', content)];
      return [one.digest, two.digest];
    }
  }
});

describe('berth undo', () => {
  it('takes the number of a change', async () => {
    await pushImage('back', 'v1');
    const { change } = json(await berth('delete', 'back:v1', '--json')) as { change: number };
    expect((await berth('undo', '3000')).stderr).toBe(
      'There is no change 3000 that could be undone. "berth history" lists those that can.\n',
    );
    expect((await berth('undo', String(change))).stdout).toContain(`Undid change ${change}`);
    expect((await berth('tags', 'back')).stdout).toBe('v1\n');
    await berth('delete', 'back');
  });
});

describe('berth restore', () => {
  it('takes a digest as the timeline shows it', async () => {
    const first = await pushImage('back', 'v1');
    await berth('delete', 'back:v1');
    expect((await berth('history', 'back:v1')).stdout).toContain(` ${first.slice(7, 19)} `);
    expect((await berth('restore', 'back:v1@sha256:00')).stderr).toContain('"berth history back:v1"');
    expect((await berth('restore', `back:v1@${first.slice(0, 19)}`)).stdout).toContain(first);
    await berth('delete', 'back:v1');
    expect((await berth('restore', `back:v1@${first.slice(7, 19)}`)).stdout).toContain(first);
    await berth('delete', 'back');
  });
});

describe('berth tag', () => {
  it('does not guess what a word alone means, and says what to type', async () => {
    const { stderr, code } = await berth('tag', 'team/app:v1', 'latest');
    expect(code).toBe(1);
    expect(stderr).toBe(
      '"latest" may be a tag of team/app, or another repository. Type one of these:\n' +
        '  berth tag team/app:v1 team/app:latest\n  berth tag team/app:v1 latest:latest\n',
    );
    expect((await berth('repos')).stdout).toBe('team/app\n');
  });
});

describe('berth tags --trash', () => {
  it('lists what was deleted, and until when; every command says the same of it, and one puts it back', async () => {
    const image = await pushImage('bin', 'v1');
    await berth('delete', 'bin:v1');
    const tags = await berth('tags', 'bin');
    expect(tags).toMatchObject({ stdout: '', stderr: expect.stringContaining('In the trash: 1 image.') });
    const { stdout } = await berth('tags', 'bin', '--trash');
    expect(stdout).toMatch(/^v1 +deleted +sha256:/m);
    expect((await berth('inspect', `bin@${image}`)).stdout).toMatch(/^In the trash +until /m);
    expect((await berth('why', `bin@${image}`)).stdout).toContain('It is in the trash: its last tag v1');
    expect((await berth('stats')).stdout).toMatch(/^bin +0 +0 +0 B/m);
    expect((await berth('restore', `bin@${image.slice(7, 19)}`)).stdout).toContain(
      `bin:v1 points at ${image}`,
    );
    expect(await berth('tags', 'bin')).toMatchObject({ stdout: 'v1\n', stderr: '' });
    expect((await berth('tags', 'bin', '--trash')).stdout).toBe('There is nothing in the trash of bin.\n');
    await berth('delete', 'bin');
  });
});

describe('berth delete', () => {
  it('deletes a tag alone, and a digest with its tags', async () => {
    await pushImage('doomed', 'a');
    const doomed = await pushImage('doomed', 'b');
    expect((await berth('delete', 'doomed:a')).stdout).toMatch(/^Deleted doomed:a\. /);
    expect((await berth('tags', 'doomed')).stdout).toBe('b\n');
    expect((await berth('delete', `doomed@${doomed}`)).stdout).toMatch(
      /^Deleted doomed@sha256:[a-f0-9]{64}: 1 tag, 1 manifest\. "berth undo \d+" takes it back\.$/m,
    );
    expect((await berth('repos')).stdout).toBe('team/app\n');
    expect((await berth('delete', 'doomed:b')).code).toBe(1);
  });
});
