import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { present } from './present.ts';
import { attempt, run, type Output, type RunOptions } from './run.ts';
import { findTool } from './tools.ts';
import { until } from './until.ts';
import type { Workspace } from './workspace.ts';

/** A Docker daemon of a test's own, with its store below the workspace and no network of its own. */
export class Dockerd {
  private readonly workspace: Workspace;
  private readonly socket: string;
  private daemon: ChildProcess | undefined;
  private log = '';

  constructor(workspace: Workspace) {
    this.workspace = workspace;
    this.socket = join(workspace.path, 'docker.sock');
  }

  async start(): Promise<void> {
    const folders = [
      '--data-root',
      this.workspace.folder('docker'),
      '--exec-root',
      this.workspace.folder('exec'),
    ];
    const files = ['--pidfile', join(this.workspace.path, 'docker.pid'), '-H', `unix://${this.socket}`];
    const alone = ['--iptables=false', '--ip6tables=false', '--bridge=none', '--storage-driver', 'overlay2'];
    this.daemon = spawn(present(findTool('dockerd')), [...folders, ...files, ...alone], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, TMPDIR: this.workspace.folder('docker-tmp') },
    });
    this.daemon.stdout?.on('data', (text) => (this.log += text));
    this.daemon.stderr?.on('data', (text) => (this.log += text));
    try {
      await until('dockerd answers', async () => {
        if (this.daemon?.exitCode !== null) throw new Error(`dockerd ended:\n${this.log}`);
        return existsSync(this.socket) && (await this.attempt('version')).code === 0;
      });
    } catch (error) {
      await this.stop();
      throw new Error(`dockerd did not start:\n${this.log}`, { cause: error });
    }
  }

  docker(...args: string[]): Promise<string> {
    return run('docker', args, this.options());
  }

  attempt(...args: string[]): Promise<Output> {
    return attempt('docker', args, this.options());
  }

  /** Ends the daemon, which takes its containerd and its mounts with it. */
  async stop(): Promise<void> {
    const daemon = this.daemon;
    this.daemon = undefined;
    if (daemon === undefined || daemon.exitCode !== null) return;
    const closed = once(daemon, 'close');
    daemon.kill('SIGTERM');
    const timer = setTimeout(() => daemon.kill('SIGKILL'), 15_000);
    await closed;
    clearTimeout(timer);
  }

  private options(): RunOptions {
    const env = {
      DOCKER_HOST: `unix://${this.socket}`,
      DOCKER_CONFIG: this.workspace.folder('docker-config'),
    };
    return { env: { ...env, DOCKER_BUILDKIT: '0', DOCKER_CLI_EXPERIMENTAL: 'enabled' } };
  }
}
