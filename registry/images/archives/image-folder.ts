import { createHash } from 'node:crypto';
import { hexOf } from '../../reference.ts';
import { LARGEST_MANIFEST } from '../manifest.ts';
import { invalid } from '../tar/tar-header.ts';
import type { ArchiveRoot } from './archive-root.ts';
import { ManifestTree } from './manifest-tree.ts';
import type { Layout } from './oci-layout.ts';
import { readStaged } from './staged-files.ts';

/**
 * Reads what skopeo calls `dir:` and podman `docker-dir`, packed as a tar: the manifest as a registry has it, and
 * every blob under its bare digest.
 *
 * @throws RegistryError ARCHIVE_INVALID
 */
export async function readImageFolder(root: ArchiveRoot): Promise<Layout> {
  const file = root.find('manifest.json');
  if (file === undefined) throw invalid('The archive lacks manifest.json.');
  const content = await readStaged(file, LARGEST_MANIFEST, "The archive's manifest.json");
  const digest = `sha256:${createHash('sha256').update(content).digest('hex')}` as const;
  const tree = new ManifestTree((wanted) => {
    if (wanted === digest) return file;
    const hex = hexOf(wanted);
    const found = root.find(hex) ?? root.find(`${hex}.manifest.json`);
    if (found === undefined || found.digest === wanted) return found;
    throw invalid(`${hex} in the archive is damaged: its bytes have the digest ${found.digest}.`);
  });
  await tree.add({ digest });
  return { tree, images: [{ digest, names: [] }] };
}
