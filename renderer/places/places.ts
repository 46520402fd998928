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
  /** Whatever is not seen first comes when it is asked for. */
  readonly load: () => Promise<{ default: Component }>;
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
  { place: 'images', label: 'Images', icon: Package, load: () => import('./images/Images.svelte') },
  { place: 'layers', label: 'Layers', icon: Layers, load: () => import('./layers/NoImage.svelte') },
  { place: 'disk', label: 'Disk', icon: HardDrive, load: () => import('./disk/Disk.svelte') },
  { place: 'activity', label: 'Activity', icon: Activity, load: () => import('./activity/Activity.svelte') },
  { place: 'connect', label: 'Connect', icon: Plug, load: () => import('./connect/Connect.svelte') },
  { place: 'settings', label: 'Settings', icon: Settings, load: () => import('./settings/Settings.svelte') },
];
