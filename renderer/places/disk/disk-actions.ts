import Package from '@lucide/svelte/icons/package';
import type { MenuEntry } from '../../components/menus.svelte.ts';
import { router } from '../../state/router.svelte.ts';
import { repositoryActions } from '../images/repository-actions.ts';

/** What can be done with a repository on the disk, where opening it shows its layers. */
export const diskActions = (name: string, open: (name: string) => void): readonly MenuEntry[] =>
  repositoryActions(name, {
    open: () => open(name),
    others: [
      {
        label: 'Show its tags',
        icon: Package,
        run: () => router.go({ place: 'images', repository: name }),
      },
    ],
  });
