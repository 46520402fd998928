import type { HistoryEvent } from '../../../../registry/api/contract.ts';
import type { Listed } from '../listed.ts';

/** What is named by a whole repository, or by some of its images. */
export type Subject =
  | { readonly repository: string; readonly images: 'all' }
  | { readonly repository: string; readonly images: readonly Listed[] };

export type Deed =
  | {
      readonly kind: 'delete' | 'tag' | 'protect' | 'unprotect' | 'expire' | 'export';
      readonly subject: Subject;
    }
  /** Puts a tag back to where it pointed since that event. */
  | { readonly kind: 'restore'; readonly event: HistoryEvent };

/** What somebody is about to do; it stands below the list and says what will happen until it is done or left. */
export class Deeds {
  current = $state.raw<Deed>();
  #before: Element | null = null;

  begin(kind: Exclude<Deed['kind'], 'restore'>, repository: string, images: Subject['images']): void {
    if (images !== 'all' && images.length === 0) return;
    this.#show({ kind, subject: { repository, images } });
  }

  restore(event: HistoryEvent): void {
    this.#show({ kind: 'restore', event });
  }

  /** Without the focus, which went elsewhere; unless it would be lost. */
  leave(): void {
    if (document.activeElement?.closest('form')) this.end();
    else this.current = undefined;
  }

  end(): void {
    this.current = undefined;
    if (this.#before instanceof HTMLElement && this.#before.isConnected)
      this.#before.focus({ preventScroll: true });
  }

  #show(deed: Deed): void {
    this.#before = document.activeElement;
    this.current = deed;
  }
}

export const deeds = new Deeds();
