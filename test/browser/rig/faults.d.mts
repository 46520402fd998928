import type { Page } from 'playwright-core';

export function watchFaults(page: Page): string[];
