import type { Listed } from '../listed.ts';

/** What is named by a whole repository, or by some of its images. */
export type Subject =
  | { readonly repository: string; readonly images: 'all' }
  | { readonly repository: string; readonly images: readonly Listed[] };

export interface Deed {
  readonly kind: 'delete' | 'tag' | 'expire' | 'export';
  readonly subject: Subject;
}

/** What somebody is about to do; it stands below the list and says what will happen until it is done or left. */
export class Deeds {
  current = $state.raw<Deed>();
  #before: Element | null = null;

  begin(kind: Deed['kind'], repository: string, images: Subject['images']): void {
    if (images !== 'all' && images.length === 0) return;
    this.#before = document.activeElement;
    this.current = { kind, subject: { repository, images } };
  }

  end(): void {
    this.current = undefined;
    if (this.#before instanceof HTMLElement) this.#before.focus({ preventScroll: true });
  }
}

export const deeds = new Deeds();
