import CalendarClock from '@lucide/svelte/icons/calendar-clock';
import Copy from '@lucide/svelte/icons/copy';
import History from '@lucide/svelte/icons/history';
import FileDown from '@lucide/svelte/icons/file-down';
import Layers from '@lucide/svelte/icons/layers';
import Shield from '@lucide/svelte/icons/shield';
import ShieldOff from '@lucide/svelte/icons/shield-off';
import Tag from '@lucide/svelte/icons/tag';
import Terminal from '@lucide/svelte/icons/terminal';
import Trash from '@lucide/svelte/icons/trash-2';
import type { TrashedSummary } from '../../../registry/api/contract.ts';
import { copyEach, copyItem } from '../../components/copying.ts';
import type { MenuEntry, MenuItem } from '../../components/menus.svelte.ts';
import { copy } from '../../state/clipboard.ts';
import { preferences } from '../../state/preferences.svelte.ts';
import { registry } from '../../state/registry.svelte.ts';
import { router } from '../../state/router.svelte.ts';
import { parseClient, pullCommand } from './clients.ts';
import { deeds } from './deeds/deeds.svelte.ts';
import { countedImages, nameOf, referenceOf, type Listed, type Named } from './listed.ts';
import { canPutBack, putBack } from './put-back.ts';

const addressOf = (image: Named): string => `${registry.address}/${nameOf(image)}`;

export const copyReference = (images: readonly Named[]): Promise<boolean> =>
  copyEach(images.map(addressOf), 'reference');

export const copyReferenceItem = (images: readonly Named[]): MenuItem =>
  copyItem(images.map(addressOf), 'reference');

export const copyDigestItem = (digest: string): MenuItem => ({
  label: 'Copy digest',
  icon: Copy,
  run: () => void copy(digest, 'the digest'),
});

export const copyPullCommand = (image: Listed): Promise<boolean> =>
  copy(
    pullCommand(parseClient(preferences.current.client), registry.address, nameOf(image)),
    'the pull command',
  );

/** All that can be done with what is selected in a repository. */
export function imageActions(repository: string, images: readonly Listed[]): readonly MenuEntry[] {
  const [one] = images;
  if (one === undefined) return [];
  const single: readonly MenuEntry[] = [
    {
      label: 'Open layers',
      icon: Layers,
      keys: 'mod+Enter',
      run: () => router.go({ place: 'images', repository, reference: referenceOf(one), view: 'layers' }),
    },
    'line',
    copyReferenceItem(images),
    copyDigestItem(one.digest),
    { label: 'Copy pull command', icon: Terminal, run: () => void copyPullCommand(one) },
    'line',
    { label: 'Tag…', icon: Tag, run: () => deeds.begin('tag', repository, images) },
  ];
  const several: readonly MenuEntry[] = [copyReferenceItem(images), 'line'];
  return [
    ...(images.length === 1 ? single : several),
    ...tagActions(repository, images),
    { label: 'Export…', icon: FileDown, run: () => deeds.begin('export', repository, images) },
    'line',
    {
      label: images.length === 1 ? 'Delete…' : `Delete ${countedImages(images)}…`,
      icon: Trash,
      danger: true,
      keys: 'Delete',
      run: () => deeds.begin('delete', repository, images),
    },
  ];
}

/** What can be done with an image in the trash. */
export function trashActions(repository: string, { digest, trash }: TrashedSummary): readonly MenuEntry[] {
  const image = `${registry.address}/${repository}@${digest}`;
  return [
    ...(canPutBack(trash)
      ? [{ label: 'Put back', icon: History, run: () => void putBack(repository, trash) }]
      : []),
    copyItem([digest], 'digest'),
    ...(trash.pullable
      ? [{ label: 'Copy reference', icon: Copy, run: () => void copy(image, 'the reference') }]
      : []),
  ];
}

function tagActions(repository: string, images: readonly Listed[]): readonly MenuEntry[] {
  const tagged = images.filter(({ tag }) => tag !== null);
  if (tagged.length === 0) return [];
  const allProtected = tagged.every((image) => image.protected);
  return [
    {
      label: allProtected ? 'Unprotect…' : 'Protect…',
      icon: allProtected ? ShieldOff : Shield,
      run: () => deeds.begin(allProtected ? 'unprotect' : 'protect', repository, tagged),
    },
    { label: 'Expire…', icon: CalendarClock, run: () => deeds.begin('expire', repository, tagged) },
  ];
}
