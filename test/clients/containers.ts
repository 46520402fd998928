import { expect } from 'vitest';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { contentsOf, type Image } from './image.ts';
import type { Workspace } from './workspace.ts';

const CONTAINERS_CONF = `
[containers]
# Root of a small virtual machine may raise no limits.
default_ulimits = ["nofile=1024:4096", "nproc=1024:4096"]
netns = "host"
[engine]
cgroup_manager = "cgroupfs"
events_logger = "file"
runtime = "runc"
`;

/**
 * The environment in which skopeo, podman and buildah keep everything they have below the workspace, and
 * speak plain HTTP to the hosts given.
 */
export function containersEnv(workspace: Workspace, hosts: string[]): Record<string, string> {
  const storage = [
    '[storage]',
    'driver = "overlay"',
    `graphroot = "${workspace.folder('storage')}"`,
    `runroot = "${workspace.folder('storage-run')}"`,
  ];
  const registries = hosts.map((host) => `[[registry]]\nlocation = "${host}"\ninsecure = true\n`);
  return {
    HOME: workspace.folder('home'),
    XDG_RUNTIME_DIR: workspace.folder('xdg'),
    TMPDIR: workspace.folder('tmp'),
    CONTAINERS_CONF: workspace.file('containers.conf', CONTAINERS_CONF),
    CONTAINERS_STORAGE_CONF: workspace.file('storage.conf', storage.join('\n')),
    CONTAINERS_REGISTRIES_CONF: workspace.file('registries.conf', registries.join('\n')),
  };
}

/** Expects an OCI layout to hold an image, all platforms included, byte for byte. */
export function expectLayoutHolds(folder: string, image: Image): void {
  const index = JSON.parse(readFileSync(join(folder, 'index.json'), 'utf8')) as {
    manifests: { digest: string }[];
  };
  expect(index.manifests.map(({ digest }) => digest)).toContain(image.digest);
  for (const { digest, bytes } of contentsOf(image)) {
    const stored = readFileSync(join(folder, 'blobs', digest.replace(':', '/')));
    expect(stored.equals(bytes), `${digest} came back as it was pushed`).toBe(true);
  }
}

/** How many blobs an OCI layout holds, manifests included. */
export function countBlobs(folder: string): number {
  return readdirSync(join(folder, 'blobs/sha256')).length;
}
