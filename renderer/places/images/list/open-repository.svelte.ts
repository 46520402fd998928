import { Selection } from '../../../components/selection.svelte.ts';
import type { Sort } from '../../../components/list.ts';
import { ApiError } from '../../../state/api.ts';
import { events } from '../../../state/events.svelte.ts';
import { preferences } from '../../../state/preferences.svelte.ts';
import { Resource } from '../../../state/resource.svelte.ts';
import { listed, referenceOf, searchImages, sortImages, tagsOfSame, type Listing } from '../listed.ts';
import { readTags } from '../requests.ts';

const DEFAULT_SORT: Sort = { by: 'pushed', descending: true };
const SORT = 'tags';
const PACE_MS = 300;

/** What is left of a repository of which the trash holds nothing either, or that never was. */
const GONE: Listing = { images: [], trash: [], attached: [] };

/** One repository as the list shows it: what is in it, what is searched for, what is marked. */
export class OpenRepository {
  readonly name: string;
  readonly resource: Resource<Listing>;
  readonly selection = new Selection({ multiple: true });
  search = $state('');
  readonly sort = $derived(preferences.current.sorts[SORT] ?? DEFAULT_SORT);
  readonly all = $derived.by(() => this.resource.value?.images ?? []);
  readonly same = $derived.by(() => tagsOfSame(this.all));
  readonly trash = $derived.by(() => this.resource.value?.trash ?? []);
  readonly attached = $derived.by(() => this.resource.value?.attached ?? []);
  readonly isGone = $derived.by(() => this.resource.value === GONE);
  /** What somebody wants to see. */
  wanted = $state<'tags' | 'attached' | 'trash'>('tags');
  /** What the list shows: the tags again once nothing else is left. */
  readonly view = $derived.by(() => {
    if (this.wanted === 'tags') return 'tags';
    return this[this.wanted].length > 0 ? this.wanted : 'tags';
  });
  readonly rows = $derived.by(() =>
    searchImages(sortImages(this.all, this.sort.by, this.sort.descending), this.search),
  );
  /** Those that are marked, in the order of the list. */
  readonly selected = $derived.by(() => this.rows.filter((row) => this.selection.has(referenceOf(row))));
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(name: string) {
    this.name = name;
    this.resource = new Resource(async (signal) => {
      try {
        return listed(await readTags(name, signal));
      } catch (error) {
        if (error instanceof ApiError && error.code === 'NAME_UNKNOWN') return GONE;
        throw error;
      }
    });
  }

  sortBy(sort: Sort): void {
    preferences.change({ sorts: { ...preferences.current.sorts, [SORT]: sort } });
  }

  follow(): () => void {
    const later = () => {
      this.#timer ??= setTimeout(() => {
        this.#timer = undefined;
        void this.resource.refresh();
      }, PACE_MS);
    };
    void this.resource.refresh();
    const ends = [
      events.on('changed', ({ repositories }) => repositories.includes(this.name) && later()),
      events.on('reset', later),
    ];
    return () => {
      clearTimeout(this.#timer);
      for (const end of ends) end();
      this.resource.close();
    };
  }
}

/** The repository that a name leads to, as long as it is the same name. Called while a component is made. */
export function openRepository(name: () => string | undefined): {
  readonly current: OpenRepository | undefined;
} {
  const wanted = $derived(name());
  const opened = $derived(wanted === undefined ? undefined : new OpenRepository(wanted));
  $effect(() => opened?.follow());
  return {
    get current() {
      return opened;
    },
  };
}
