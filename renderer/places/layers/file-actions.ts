import Download from '@lucide/svelte/icons/download';
import Eye from '@lucide/svelte/icons/eye';
import type { FileEntry } from '../../../registry/api/contract.ts';
import { copyEach, copyItem } from '../../components/copying.ts';
import type { MenuEntry } from '../../components/menus.svelte.ts';
import { contentOf, isReadable, type FileView } from './file-view.ts';

interface Shown {
  readonly view: FileView;
  /** Whether what is in the file is shown. */
  readonly open: boolean;
  readonly onpreview: () => void;
}

export const copyPath = ({ path }: FileEntry): Promise<boolean> => copyEach([path], 'path');

/** What can be done with a file, a folder or a link. @param first what its list can do with it */
export function fileActions(
  entry: FileEntry,
  { view, open, onpreview }: Shown,
  first: readonly MenuEntry[] = [],
): readonly MenuEntry[] {
  const address = isReadable(entry) ? contentOf(entry, view) : undefined;
  const content: readonly MenuEntry[] =
    address === undefined
      ? []
      : [
          { label: open ? 'Hide the content' : 'Show the content', icon: Eye, keys: ' ', run: onpreview },
          { label: 'Download', icon: Download, run: () => download(address, entry.name) },
        ];
  return [...first, ...content, copyItem([entry.path], 'path')];
}

function download(address: string, name: string): void {
  const link = document.createElement('a');
  Object.assign(link, { href: address, download: name }).click();
}
