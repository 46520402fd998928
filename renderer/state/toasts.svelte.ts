export interface Toast {
  readonly id: number;
  readonly tone: 'plain' | 'danger' | 'attention';
  readonly text: string;
  readonly action?: { readonly label: string; readonly run: () => void };
  /** Stands where the action did, once that would be refused. */
  readonly refused?: Refused;
}

export interface Refused {
  /** `Undone elsewhere` */
  readonly label: string;
  /** At length. */
  readonly why: string;
}

const SHOWN_MS = 8000;
const MOST = 3;

/** What just happened, below the content. Never the only place where an error can be read. */
export class Toasts {
  all = $state.raw<readonly Toast[]>([]);
  readonly #timers = new Map<number, ReturnType<typeof setTimeout>>();
  #last = 0;

  show(text: string, { tone = 'plain', action }: Partial<Pick<Toast, 'tone' | 'action'>> = {}): number {
    const id = ++this.#last;
    this.all = [...this.all, { id, tone, text, ...(action && { action }) }].slice(-MOST);
    this.resume(id);
    return id;
  }

  dismiss(id: number): void {
    this.pause(id);
    this.all = this.all.filter((toast) => toast.id !== id);
  }

  /** @param refused undefined if its action can be taken (again) */
  refuse(id: number, refused: Refused | undefined): void {
    this.all = this.all.map((toast) => {
      if (toast.id !== id) return toast;
      const { refused: _, ...rest } = toast;
      return refused ? { ...rest, refused } : rest;
    });
  }

  /** While somebody reads it. */
  pause(id: number): void {
    clearTimeout(this.#timers.get(id));
    this.#timers.delete(id);
  }

  resume(id: number): void {
    this.pause(id);
    this.#timers.set(
      id,
      setTimeout(() => this.dismiss(id), SHOWN_MS),
    );
  }
}

export const toasts = new Toasts();
