import { randomBytes } from 'node:crypto';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startBerth, type Berth } from './berth.ts';
import { containersEnv } from './containers.ts';
import { Dockerd } from './dockerd.ts';
import { patch } from './http.ts';
import { Repository } from './repository.ts';
import { attempt, type Output } from './run.ts';
import { describeWith } from './tools.ts';
import { createWorkspace, type Workspace } from './workspace.ts';

const MIB = 1024 * 1024;
const BUDGET = 24 * MIB;
const IMAGES = Array.from({ length: 10 }, (_, index) => `v${index}`);

/** A registry of 24 MiB and a folder from which a client builds images of 5 MiB. */
class Full {
  readonly workspace: Workspace;
  readonly context: string;
  berth!: Berth;
  most = 0;
  #sampler: NodeJS.Timeout | undefined;

  constructor(name: string) {
    this.workspace = createWorkspace(name);
    this.context = this.workspace.folder('context');
    this.workspace.file('context/Dockerfile', 'FROM scratch\nCOPY big /\n');
  }

  async start(): Promise<void> {
    this.berth = await startBerth();
    const { status } = await patch(this.berth, '/api/settings', { body: JSON.stringify({ budget: BUDGET }) });
    expect(status).toBe(200);
    const used = (): number => ['blobs', 'uploads'].reduce((sum, name) => sum + this.#diskUsage(name), 0);
    this.#sampler = setInterval(() => {
      this.most = Math.max(this.most, used());
    }, 2);
  }

  async stop(): Promise<void> {
    clearInterval(this.#sampler);
    await this.berth.dispose();
    this.workspace.remove();
  }

  /** Something new to build from. */
  change(): void {
    this.workspace.file('context/big', randomBytes(5 * MIB));
  }

  /** Pushes image after image as fast as the client can. */
  async expectPushes(push: (target: string, tag: string) => Promise<Output>): Promise<void> {
    for (const tag of IMAGES) {
      const output = await push(`${this.berth.host}/app:${tag}`, tag);
      expect(output, `${tag}: ${output.stderr}`).toMatchObject({ code: 0 });
    }
    await this.expectNewest('app');
  }

  async expectNewest(name: string): Promise<void> {
    expect(await new Repository(this.berth, name).tags()).toEqual(expect.arrayContaining(['v8', 'v9']));
    expect(this.most).toBeGreaterThan(BUDGET / 2);
    expect(this.most).toBeLessThanOrEqual(BUDGET);
  }

  #diskUsage(name: string): number {
    const folder = join(this.berth.data, name);
    const blocks = (path: string): number => statSync(path, { throwIfNoEntry: false })?.blocks ?? 0;
    return readdirSync(folder, { recursive: true }).reduce<number>(
      (sum, each) => sum + blocks(join(folder, String(each))) * 512,
      0,
    );
  }
}

describeWith(['dockerd', 'docker', 'containerd', 'runc', 'root'], 'a full budget and dockerd', () => {
  const full = new Full('budget-dockerd');
  const dockerd = new Dockerd(full.workspace);

  beforeAll(async () => {
    await full.start();
    await dockerd.start();
    for (const tag of IMAGES) {
      full.change();
      await dockerd.docker('build', '-q', '-t', `${full.berth.host}/app:${tag}`, full.context);
    }
  });
  afterAll(async () => {
    await dockerd.stop();
    await full.stop();
  });

  it('takes one image after the other', { timeout: 240_000 }, async () => {
    await full.expectPushes((target) => dockerd.attempt('push', target));
  });

  it('takes all tags that one command pushes', { timeout: 240_000 }, async () => {
    const { host } = full.berth;
    for (const tag of IMAGES) await dockerd.docker('tag', `${host}/app:${tag}`, `${host}/all:${tag}`);
    await dockerd.docker('push', '--all-tags', `${host}/all`);
    await full.expectNewest('all');
  });
});

describeWith(['podman', 'runc', 'root'], 'a full budget and podman', () => {
  const full = new Full('budget-podman');
  let env: Record<string, string>;
  const podman = (...args: string[]): Promise<Output> => attempt('podman', args, { env });

  beforeAll(async () => {
    await full.start();
    env = containersEnv(full.workspace, [full.berth.host]);
    for (const tag of IMAGES) {
      full.change();
      expect(await podman('build', '-q', '-t', `localhost/big:${tag}`, full.context)).toMatchObject({
        code: 0,
      });
    }
  });
  afterAll(async () => {
    await podman('system', 'reset', '--force');
    await full.stop();
  });

  it('takes one image after the other', { timeout: 240_000 }, async () => {
    await full.expectPushes((target, tag) => podman('push', '-q', `localhost/big:${tag}`, target));
  });
});
