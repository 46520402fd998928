import type { SearchResult } from '../../../../registry/api/contract.ts';
import { get, isAbort } from '../../../state/api.ts';

const PAUSE_MS = 120;
const MOST = 200;

/** What the whole registry has for some words. */
export class Found {
  text = $state('');
  result = $state.raw<SearchResult>();
  error = $state.raw<unknown>();

  /** Asks once nobody types any more; returns how to give up. */
  look(text: string): () => void {
    const asking = new AbortController();
    if (text.trim() === '') this.result = undefined;
    const timer = setTimeout(() => void this.#ask(text, asking.signal), PAUSE_MS);
    return () => {
      clearTimeout(timer);
      asking.abort();
    };
  }

  async #ask(text: string, signal: AbortSignal): Promise<void> {
    if (text.trim() === '') return;
    try {
      this.result = await get<SearchResult>('/api/search', { q: text.trim(), limit: MOST }, signal);
      this.error = undefined;
    } catch (error) {
      if (!isAbort(error)) this.error = error;
    }
  }
}
