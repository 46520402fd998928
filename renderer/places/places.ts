import Activity from '@lucide/svelte/icons/activity';
import HardDrive from '@lucide/svelte/icons/hard-drive';
import Layers from '@lucide/svelte/icons/layers';
import Package from '@lucide/svelte/icons/package';
import Plug from '@lucide/svelte/icons/plug';
import Settings from '@lucide/svelte/icons/settings';
import type { Component } from 'svelte';
import { router, type Place, type Route } from '../state/router.svelte.ts';

export interface PlaceEntry {
  readonly place: Place;
  readonly label: string;
  readonly icon: Component<{ size?: number; strokeWidth?: number }>;
}

/** Where a place leads: layers are always those of an image. */
export function routeOf(place: Place): Route {
  const { image } = router;
  return place === 'layers' && image !== undefined
    ? { place: 'images', ...image, view: 'layers' }
    : { place };
}

/** In the order of the sidebar and of Ctrl/Cmd-1..6. */
export const PLACES: readonly PlaceEntry[] = [
  { place: 'images', label: 'Images', icon: Package },
  { place: 'layers', label: 'Layers', icon: Layers },
  { place: 'disk', label: 'Disk', icon: HardDrive },
  { place: 'activity', label: 'Activity', icon: Activity },
  { place: 'connect', label: 'Connect', icon: Plug },
  { place: 'settings', label: 'Settings', icon: Settings },
];

export type PlaceComponent = Component<{ repository: string; reference: string }>;

// Whatever is not seen first comes when it is asked for.
const FILES: Readonly<Record<Place | 'layers of an image', () => Promise<unknown>>> = {
  images: () => import('./images/Images.svelte'),
  layers: () => import('./layers/NoImage.svelte'),
  'layers of an image': () => import('./layers/Layers.svelte'),
  disk: () => import('./disk/Disk.svelte'),
  activity: () => import('./activity/Activity.svelte'),
  connect: () => import('./connect/Connect.svelte'),
  settings: () => import('./settings/Settings.svelte'),
  trouble: () => import('./trouble/Trouble.svelte'),
};

/** A place's component; only that of an image's layers looks at its props. */
export async function loadPlace(place: keyof typeof FILES): Promise<PlaceComponent> {
  const { default: component } = (await FILES[place]()) as { default: PlaceComponent };
  return component;
}
