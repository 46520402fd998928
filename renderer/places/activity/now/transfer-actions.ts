import Package from '@lucide/svelte/icons/package';
import TriangleAlert from '@lucide/svelte/icons/triangle-alert';
import type { Transfer } from '../../../../registry/api/contract.ts';
import { copyItem } from '../../../components/copying.ts';
import type { MenuEntry } from '../../../components/menus.svelte.ts';
import { copy } from '../../../state/clipboard.ts';
import { registry } from '../../../state/registry.svelte.ts';
import { router } from '../../../state/router.svelte.ts';
import { nameAt } from '../../images/listed.ts';

/** As a client writes it; of what has no name yet, the repository. */
export function addressOf({ repository, reference }: Transfer): string {
  return `${registry.address}/${reference === null ? repository : nameAt(repository, reference)}`;
}

/** Where its image is, once there is one. */
export function imageOf({ repository, reference, state }: Transfer): (() => void) | undefined {
  if (reference === null || state !== 'done') return undefined;
  return () => router.go({ place: 'images', repository, reference });
}

export function transferActions(transfer: Transfer): readonly MenuEntry[] {
  const { error } = transfer;
  const show = imageOf(transfer);
  return [
    ...(show ? [{ label: 'Show the image', icon: Package, run: show }] : []),
    copyItem([addressOf(transfer)], 'reference'),
    ...(error
      ? [{ label: 'Copy the error', icon: TriangleAlert, run: () => void copy(error, 'the error') }]
      : []),
  ];
}
