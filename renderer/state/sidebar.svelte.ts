import { preferences } from './preferences.svelte.ts';

/** Whole, only its icons, or (where one pane fits) drawn in from the side. */
export class Sidebar {
  drawer = $state(false);
  /** Archives out of sight that wait for an answer. */
  waiting = $state(0);

  get closed(): boolean {
    return preferences.current.sidebarClosed;
  }

  /** Where there is no room beside the content it comes over it. */
  toggle(over: boolean): void {
    if (over) this.drawer = !this.drawer;
    else preferences.change({ sidebarClosed: !this.closed });
  }
}

export const sidebar = new Sidebar();
