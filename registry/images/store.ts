import type { BlobStore } from '../blobs/blob-store.ts';
import type { Budget } from '../blobs/budget.ts';
import type { Leases } from '../blobs/leases.ts';
import type { UploadStore } from '../blobs/upload-store.ts';
import type { Ledger } from '../catalog/ledger.ts';
import type { Observations } from '../catalog/observations.ts';
import type { Repository } from '../catalog/repository.ts';
import type { SettingsStore } from '../disk/settings-store.ts';
import { RegistryError } from '../error.ts';
import type { LayerReuse } from './layer-reuse.ts';

/**
 * Which manifests may be pushed while content that they name is absent: none, indexes only (partial copies
 * of multi-platform images are common), or images too.
 */
export const SPARSE_POLICIES = ['none', 'indexes', 'all'] as const;
export type SparsePolicy = (typeof SPARSE_POLICIES)[number];

/** What the operations on images work with. */
export interface Store {
  readonly ledger: Ledger;
  readonly blobs: BlobStore;
  readonly budget: Budget;
  readonly uploads: UploadStore;
  readonly leases: Leases;
  readonly observations: Observations;
  readonly reuse: LayerReuse;
  readonly sparse: SparsePolicy;
  readonly settings: Pick<SettingsStore, 'current' | 'change' | 'subscribe'>;
}

/** @throws RegistryError NAME_UNKNOWN */
export function readRepository(store: Store, name: string): Repository {
  const repository = store.ledger.catalog.findRepository(name);
  if (repository !== undefined) return repository;
  throw new RegistryError('NAME_UNKNOWN', `There is no repository ${name}. See "berth repos".`, {
    detail: { name },
  });
}
