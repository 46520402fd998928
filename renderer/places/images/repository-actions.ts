import Copy from '@lucide/svelte/icons/copy';
import FolderOpen from '@lucide/svelte/icons/folder-open';
import Trash from '@lucide/svelte/icons/trash-2';
import type { MenuEntry } from '../../components/menus.svelte.ts';
import { copy } from '../../state/clipboard.ts';
import { registry } from '../../state/registry.svelte.ts';
import { router } from '../../state/router.svelte.ts';
import { deeds } from './deeds/deeds.svelte.ts';

export function repositoryActions(repository: string): readonly MenuEntry[] {
  return [
    { label: 'Open', icon: FolderOpen, keys: 'Enter', run: () => router.go({ place: 'images', repository }) },
    { label: 'Copy name', icon: Copy, run: () => void copy(`${registry.address}/${repository}`, 'the name') },
    'line',
    {
      label: 'Delete the repository…',
      icon: Trash,
      danger: true,
      keys: 'Delete',
      run: () => deeds.begin('delete', repository, 'all'),
    },
  ];
}
