import type { Component } from 'svelte';
import type { Box } from './place-near.ts';

export interface MenuItem {
  readonly label: string;
  readonly run: () => void;
  readonly icon?: Component<{ size?: number }>;
  readonly keys?: string;
  readonly danger?: boolean;
  readonly checked?: boolean;
  /** Why it cannot be done now, for people. */
  readonly disabled?: string | false;
}

export type MenuEntry = MenuItem | 'line';

export interface Point {
  readonly x: number;
  readonly y: number;
}

interface OpenMenu {
  readonly label: string;
  readonly entries: readonly MenuEntry[];
  readonly anchor: Box;
  readonly align: 'start' | 'end';
}

/** The one menu of the window, which a button or the second mouse button opens. */
export class Menus {
  open = $state.raw<OpenMenu>();

  /** Below an element, or at a point. */
  show(
    label: string,
    entries: readonly MenuEntry[],
    at: Element | Point,
    align: 'start' | 'end' = 'start',
  ): void {
    const anchor =
      at instanceof Element
        ? at.getBoundingClientRect()
        : { left: at.x, right: at.x, top: at.y, bottom: at.y };
    this.open = { label, entries, anchor, align };
  }

  close(): void {
    this.open = undefined;
  }
}

export const menus = new Menus();
