export type Appearance = 'system' | 'light' | 'dark';

interface Kept {
  readonly appearance: Appearance;
  /** Pixels of panes by their name. */
  readonly panes: Readonly<Record<string, number>>;
  readonly sidebarClosed: boolean;
  /** What somebody prefers to see commands for. */
  readonly client: string;
  /** How the disk is shown. */
  readonly diskView: 'map' | 'table';
  /** Images that were looked at, the last first. */
  readonly recent: readonly { readonly repository: string; readonly reference: string }[];
  /** Of lists by their name: what they are sorted by. */
  readonly sorts: Readonly<Record<string, { readonly by: string; readonly descending: boolean }>>;
}

const MOST_RECENT = 6;
const PLACE = 'berth.preferences';
const DEFAULTS: Kept = {
  appearance: 'system',
  panes: {},
  sidebarClosed: false,
  client: 'docker',
  diskView: 'map',
  recent: [],
  sorts: {},
};

/** How this window likes to look, kept in this browser. What the registry does is in its settings. */
export class Preferences {
  #kept = $state.raw<Kept>(read());

  get current(): Kept {
    return this.#kept;
  }

  change(some: Partial<Kept>): void {
    this.#kept = { ...this.#kept, ...some };
    try {
      localStorage.setItem(PLACE, JSON.stringify(this.#kept));
    } catch {
      // A browser that keeps nothing: it holds as long as the window.
    }
    this.apply();
  }

  apply(): void {
    const { appearance } = this.#kept;
    if (appearance === 'system') delete document.documentElement.dataset['theme'];
    else document.documentElement.dataset['theme'] = appearance;
  }

  remember({ repository, reference }: Kept['recent'][number]): void {
    const others = this.#kept.recent.filter(
      (each) => each.repository !== repository || each.reference !== reference,
    );
    this.change({ recent: [{ repository, reference }, ...others].slice(0, MOST_RECENT) });
  }

  forget({ repository, reference }: Kept['recent'][number]): void {
    const { recent } = this.#kept;
    const left = recent.filter((each) => each.repository !== repository || each.reference !== reference);
    if (left.length < recent.length) this.change({ recent: left });
  }

  pane(name: string, fallback: number): number {
    return this.#kept.panes[name] ?? fallback;
  }

  keepPane(name: string, width: number): void {
    this.change({ panes: { ...this.#kept.panes, [name]: Math.round(width) } });
  }
}

function read(): Kept {
  try {
    const kept = JSON.parse(localStorage.getItem(PLACE) ?? '{}') as Partial<Kept> | null;
    return { ...DEFAULTS, ...kept };
  } catch {
    return DEFAULTS;
  }
}

export const preferences = new Preferences();
