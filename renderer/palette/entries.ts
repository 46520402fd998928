import Copy from '@lucide/svelte/icons/copy';
import Download from '@lucide/svelte/icons/download';
import Keyboard from '@lucide/svelte/icons/keyboard';
import Moon from '@lucide/svelte/icons/moon';
import Package from '@lucide/svelte/icons/package';
import PanelLeft from '@lucide/svelte/icons/panel-left';
import ShieldCheck from '@lucide/svelte/icons/shield-check';
import Tag from '@lucide/svelte/icons/tag';
import Trash from '@lucide/svelte/icons/trash-2';
import Undo from '@lucide/svelte/icons/undo-2';
import type { Component } from 'svelte';
import { shortDigest } from '../components/format.ts';
import { imports } from '../imports/imports.svelte.ts';
import { cleanUp } from '../places/disk/clean-up.svelte.ts';
import { PLACES, routeOf } from '../places/places.ts';
import { copy } from '../state/clipboard.ts';
import { keys } from '../state/keys.svelte.ts';
import { preferences, type Appearance } from '../state/preferences.svelte.ts';
import { registry } from '../state/registry.svelte.ts';
import { repositories } from '../state/repositories.svelte.ts';
import { router } from '../state/router.svelte.ts';
import { undo } from '../state/undo.svelte.ts';
import { match } from './fuzzy.ts';

/** Something that the palette can do. */
export interface Entry {
  readonly id: string;
  readonly label: string;
  readonly group: 'Recent' | 'Places' | 'Actions' | 'Repositories' | 'Tags';
  readonly icon: Component<{ size?: number }>;
  readonly keys?: string;
  readonly run: () => void;
}

export interface Found {
  readonly entry: Entry;
  /** Indices of the letters that were typed. */
  readonly at: readonly number[];
}

const MOST_OF_A_GROUP = 8;
const MOST_TAGS = 20;

export function imageEntry(repository: string, reference: string, group: Entry['group']): Entry {
  const name = reference.includes(':') ? `@${shortDigest(reference)}` : `:${reference}`;
  return {
    id: `${group} ${repository}\n${reference}`,
    label: `${repository}${name}`,
    group,
    icon: Tag,
    run: () => router.go({ place: 'images', repository, reference }),
  };
}

const place = (): readonly Entry[] =>
  PLACES.map(({ place: id, label, icon }, index) => ({
    id: `place ${id}`,
    label,
    group: 'Places',
    icon,
    keys: `mod+${index + 1}`,
    run: () => router.go(routeOf(id)),
  }));

function actions(): readonly Entry[] {
  const action = (
    id: string,
    label: string,
    icon: Entry['icon'],
    run: () => void,
    shortcut?: string,
  ): Entry => ({
    id: `action ${id}`,
    label,
    group: 'Actions',
    icon,
    run,
    ...(shortcut !== undefined && { keys: shortcut }),
  });
  const appearance = (to: Appearance, label: string) =>
    action(`appearance ${to}`, label, Moon, () => preferences.change({ appearance: to }));
  const cleanUpNow = () => {
    router.go({ place: 'disk' });
    cleanUp.show();
  };
  const press = (shortcut: string) => () => keys.all.findLast((each) => each.keys === shortcut)?.run?.();
  return [
    action('clean up', 'Clean up…', Trash, cleanUpNow),
    action('import', 'Import archives…', Download, () => imports.show()),
    action('undo', 'Undo the last change', Undo, () => void undo.last(), 'mod+z'),
    action(
      'address',
      'Copy the registry’s address',
      Copy,
      () => void copy(registry.address, registry.address),
    ),
    action('rules', 'Edit retention rules', ShieldCheck, () =>
      router.go({ place: 'settings', rest: ['retention'] }),
    ),
    action('plan', 'What retention would delete', ShieldCheck, () =>
      router.go({ place: 'disk', rest: ['retention'] }),
    ),
    action('changes', 'Changes, with a way back', Undo, () =>
      router.go({ place: 'activity', rest: ['changes'] }),
    ),
    action('log', 'Log', Keyboard, () => router.go({ place: 'activity', rest: ['log'] })),
    action('sidebar', 'Show or hide the sidebar', PanelLeft, press('mod+b'), 'mod+b'),
    action('keys', 'All keys', Keyboard, press('?'), '?'),
    appearance('dark', 'Dark appearance'),
    appearance('light', 'Light appearance'),
    appearance('system', 'Appearance of the system'),
  ];
}

const repositoryEntries = (): readonly Entry[] =>
  repositories.all.map(({ name }) => ({
    id: `repository ${name}`,
    label: name,
    group: 'Repositories',
    icon: Package,
    run: () => router.go({ place: 'images', repository: name }),
  }));

/** What answers the text, the best first within its group; `tags` are those that the server found. */
export function findEntries(typed: string, tags: readonly Entry[]): readonly Found[] {
  const recent = preferences.current.recent.map((each) =>
    imageEntry(each.repository, each.reference, 'Recent'),
  );
  const known = [...recent, ...place(), ...actions()];
  if (typed.trim() === '') return known.map((entry) => ({ entry, at: [] }));
  const groups = new Map<Entry['group'], { found: Found; score: number }[]>();
  const labels = new Set(recent.map(({ label }) => label));
  const others = tags.filter(({ label }) => !labels.has(label));
  for (const entry of [...known, ...repositoryEntries(), ...others]) {
    const found = match(entry.label, typed);
    // The server finds more than these letters do: digests, for one.
    if (found === undefined && entry.group !== 'Tags') continue;
    const one = { found: { entry, at: found?.at ?? [] }, score: found?.score ?? -1000 };
    const group = groups.get(entry.group) ?? [];
    groups.set(entry.group, group);
    group.push(one);
  }
  const best = ([, group]: readonly [string, { score: number }[]]): number =>
    Math.max(...group.map(({ score }) => score));
  return [...groups]
    .sort((a, b) => best(b) - best(a))
    .flatMap(([name, group]) =>
      group.sort((a, b) => b.score - a.score).slice(0, name === 'Tags' ? MOST_TAGS : MOST_OF_A_GROUP),
    )
    .map(({ found }) => found);
}
