import type { Page } from 'playwright-core';

export function watchRequests(page: Page): () => Promise<void>;
