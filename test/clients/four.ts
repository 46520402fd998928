import { join } from 'node:path';
import type { Berth } from './berth.ts';
import { containersEnv } from './containers.ts';
import { Dockerd } from './dockerd.ts';
import { imageOf, randomLayer, writeLayout } from './image.ts';
import { attempt, run, type Output } from './run.ts';
import type { Workspace } from './workspace.ts';

export const CLIENTS = ['docker', 'podman', 'buildah', 'skopeo'] as const;
export type ClientName = (typeof CLIENTS)[number];

export const NEEDED_BY_FOUR = [...CLIENTS, 'dockerd', 'runc', 'root'];

/**
 * Clients ask three repositories at most for a mount before they upload. None that repeated what failed would
 * stay within that: docker does so five times, for a minute.
 */
export const ONE_ATTEMPT = 4;

/** Four clients that hold the same image, for what each of them has to show to its user. */
export class FourClients {
  private readonly workspace: Workspace;
  private readonly berth: Berth;
  private readonly dockerd: Dockerd;
  private env: Record<string, string> = {};
  private layout = '';

  constructor(workspace: Workspace, berth: Berth) {
    this.workspace = workspace;
    this.berth = berth;
    this.dockerd = new Dockerd(workspace);
  }

  /** @param bytes size of the image's one layer */
  async start(bytes: number): Promise<void> {
    this.env = containersEnv(this.workspace, [this.berth.host]);
    const image = imageOf({ layers: [randomLayer(bytes)] });
    this.layout = writeLayout(this.workspace.folder('layout'), { image });
    await run('podman', ['pull', '-q', `oci:${this.layout}:image`], { env: this.env });
    await run('podman', ['tag', image.config.digest, 'localhost/image'], { env: this.env });
    await this.dockerd.start();
    const archive = join(this.workspace.path, 'docker.tar');
    const copy = ['--insecure-policy', 'copy', `oci:${this.layout}:image`];
    await run('skopeo', [...copy, `docker-archive:${archive}:image:latest`], { env: this.env });
    await this.dockerd.docker('load', '-q', '-i', archive);
  }

  async stop(): Promise<void> {
    await run('podman', ['system', 'reset', '--force'], { env: this.env });
    await this.dockerd.stop();
  }

  async push(client: ClientName, name: string): Promise<Output> {
    const target = `${this.berth.host}/${name}`;
    switch (client) {
      case 'docker':
        await this.dockerd.docker('tag', 'image', target);
        return await this.dockerd.attempt('push', target);
      case 'skopeo':
        return await this.skopeo(`oci:${this.layout}:image`, `docker://${target}`, '--dest-tls-verify=false');
      default:
        return await attempt(client, ['push', '-q', 'localhost/image', `docker://${target}`], {
          env: this.env,
        });
    }
  }

  async pull(client: ClientName, name: string): Promise<Output> {
    const source = `${this.berth.host}/${name}`;
    switch (client) {
      case 'docker':
        return await this.dockerd.attempt('pull', source);
      case 'skopeo':
        return await this.skopeo(
          `docker://${source}`,
          `dir:${this.workspace.folder('pulled')}`,
          '--src-tls-verify=false',
        );
      default:
        return await attempt(client, ['pull', '-q', source], { env: this.env });
    }
  }

  private skopeo(from: string, to: string, ...flags: string[]): Promise<Output> {
    return attempt('skopeo', ['--insecure-policy', 'copy', ...flags, from, to], { env: this.env });
  }
}

/** All that a client's user gets to read. */
export function readByUser({ stdout, stderr }: Output): string {
  return `${stdout}${stderr}`;
}
