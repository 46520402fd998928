import FolderOpen from '@lucide/svelte/icons/folder-open';
import Trash from '@lucide/svelte/icons/trash-2';
import { copyEach, copyItem } from '../../components/copying.ts';
import type { MenuEntry } from '../../components/menus.svelte.ts';
import { registry } from '../../state/registry.svelte.ts';
import { router } from '../../state/router.svelte.ts';
import { deeds } from './deeds/deeds.svelte.ts';

/** As a client writes it: `localhost:5080/team/app`. */
const addressOf = (repository: string): string => `${registry.address}/${repository}`;

export const copyRepositories = (names: readonly string[]): Promise<boolean> =>
  copyEach(names.map(addressOf), 'name');

/** Says what goes before it goes, which only Images has room for. */
export function deleteRepository(repository: string): void {
  if (router.place !== 'images') router.go({ place: 'images', repository });
  deeds.begin('delete', repository, 'all');
}

/** @param others what else its list can do with it */
export function repositoryActions(
  repository: string,
  {
    open = () => router.go({ place: 'images', repository }),
    remove = () => deleteRepository(repository),
    others = [] as readonly MenuEntry[],
  } = {},
): readonly MenuEntry[] {
  return [
    { label: 'Open', icon: FolderOpen, keys: 'Enter', run: open },
    ...others,
    copyItem([addressOf(repository)], 'name'),
    'line',
    {
      label: 'Delete the repository…',
      icon: Trash,
      danger: true,
      keys: 'Delete',
      run: remove,
    },
  ];
}

/** Of a folder that is no repository itself. */
export const folderActions = (folder: string): readonly MenuEntry[] => [
  copyItem([addressOf(folder)], 'name'),
];
