import { preferences } from './preferences.svelte.ts';

/** Whole, only its icons, or (where one pane fits) drawn in from the side. */
export class Sidebar {
  drawer = $state(false);

  get closed(): boolean {
    return preferences.current.sidebarClosed;
  }

  toggle(): void {
    preferences.change({ sidebarClosed: !this.closed });
  }
}

export const sidebar = new Sidebar();
