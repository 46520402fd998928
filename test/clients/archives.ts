import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { resolve, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { expect } from 'vitest';
import type { ImportResult, StagedImport } from '../../registry/api/contract.ts';
import type { Berth } from './berth.ts';
import { json } from './http.ts';
import { digestOf } from './image.ts';
import { present } from './present.ts';
import { Repository } from './repository.ts';
import { attempt, run } from './run.ts';
import { findTool } from './tools.ts';
import { until } from './until.ts';
import type { Workspace } from './workspace.ts';

const BERTH = process.env['BERTH_BIN'] ?? resolve(import.meta.dirname, '../../registry/cli/bin.cjs');

export interface ImportOutcome {
  staged: StagedImport;
  result: ImportResult;
}

/** The command line, as people use it. */
export async function berth(server: Berth, ...args: string[]): Promise<string> {
  return await run(process.execPath, [BERTH, ...args], { env: { BERTH_URL: server.url } });
}

export async function importArchive(server: Berth, ...args: string[]): Promise<ImportOutcome> {
  const outcomes = JSON.parse(await berth(server, 'import', '--json', ...args)) as ImportOutcome[];
  return present(outcomes[0]);
}

/** Expects the image to have this config, and layers that are what the config says. */
export async function expectImage(server: Berth, name: string, tag: string, config: string): Promise<void> {
  const repository = new Repository(server, name);
  const manifest = await repository.readManifest(tag);
  expect(manifest.config.digest).toBe(config);
  const { rootfs } = json<{ rootfs: { diff_ids: string[] } }>(await repository.getBlob(config));
  expect(manifest.layers).toHaveLength(rootfs.diff_ids.length);
  for (const [index, layer] of manifest.layers.entries()) {
    const { body } = await repository.getBlob(layer.digest);
    const plain = body[0] === 0x1f ? gunzipSync(body) : body;
    expect(digestOf(plain)).toBe(rootfs.diff_ids[index]);
  }
}

/** A containerd of a test's own. */
export class Containerd {
  private readonly workspace: Workspace;
  private readonly socket: string;
  private daemon: ChildProcess | undefined;

  constructor(workspace: Workspace) {
    this.workspace = workspace;
    this.socket = join(workspace.path, 'ctrd.sock');
  }

  async start(): Promise<void> {
    const config = [
      'version = 2',
      `root = "${this.workspace.folder('ctrd-root')}"`,
      `state = "${this.workspace.folder('ctrd-state')}"`,
      'disabled_plugins = ["io.containerd.grpc.v1.cri", "io.containerd.snapshotter.v1.btrfs"]',
      '[grpc]',
      `address = "${this.socket}"`,
      '[ttrpc]',
      `address = "${this.socket}.ttrpc"`,
    ];
    const file = this.workspace.file('ctrd.toml', config.join('\n'));
    this.daemon = spawn(present(findTool('containerd')), ['-c', file], { stdio: 'ignore' });
    await until(
      'containerd answers',
      async () => (await attempt('ctr', ['-a', this.socket, 'version'])).code === 0,
    );
  }

  ctr(...args: string[]): Promise<string> {
    return run('ctr', ['-a', this.socket, ...args]);
  }

  async stop(): Promise<void> {
    const { daemon } = this;
    this.daemon = undefined;
    if (daemon === undefined) return;
    const closed = once(daemon, 'close');
    daemon.kill('SIGTERM');
    await closed;
  }
}
