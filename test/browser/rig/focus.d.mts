import type { Page } from 'playwright-core';

export interface Focus {
  /** Its role and its name, for people who read a failure. */
  readonly what: string;
  /** Whether nothing has it, as beyond the last stop, where the browser's own controls begin. */
  readonly nowhere: boolean;
  /** Whether eyes find it: a ring in its colour, within the window. */
  readonly seen: boolean;
}

/** Where the keys are. */
export function focusOf(page: Page): Promise<Focus>;
