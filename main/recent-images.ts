import type { HistoryEvent, RepositoryList } from '../registry/api/contract.ts';
import { Refusal, type Api } from './api.ts';

export interface RecentImage {
  readonly repository: string;
  readonly tag: string;
  /** ISO 8601. */
  readonly time: string;
}

const SHOWN = 5;
/** Moves of tags that are looked at in each repository. */
const LOOKED_AT = 20;
/** With more of them than this it is less work to ask which are the newest. */
const MOST_CHANGED = 2 * SHOWN;

/** Reads the tags that were moved last: pushed, copied, imported. */
export class RecentImages {
  readonly #api: Api;
  readonly #signal: AbortSignal;

  constructor(api: Api, signal: AbortSignal) {
    this.#api = api;
    this.#signal = signal;
  }

  async readAll(): Promise<readonly RecentImage[]> {
    const { repositories } = await this.#api.get<RepositoryList>('/api/repositories', this.#signal);
    const newest = repositories.toSorted((a, b) => b.lastPush.localeCompare(a.lastPush)).slice(0, SHOWN);
    return await this.#readEach(newest.map(({ name }) => name));
  }

  /**
   * Looks again at the repositories that have changed.
   *
   * @param before as it was read last
   */
  async reread(
    before: readonly RecentImage[],
    changed: ReadonlySet<string>,
  ): Promise<readonly RecentImage[]> {
    if (changed.size > MOST_CHANGED) return await this.readAll();
    const others = before.filter(({ repository }) => !changed.has(repository));
    const images = await this.#readEach([...changed], others);
    // Others than those that were shown move up.
    return images.length < before.length ? await this.readAll() : images;
  }

  async #readEach(
    repositories: readonly string[],
    others: readonly RecentImage[] = [],
  ): Promise<readonly RecentImage[]> {
    const images = [...others];
    for (const repository of repositories) images.push(...(await this.#readOne(repository)));
    return images.sort((a, b) => b.time.localeCompare(a.time)).slice(0, SHOWN);
  }

  async #readOne(repository: string): Promise<RecentImage[]> {
    const query = `repository=${encodeURIComponent(repository)}&limit=${LOOKED_AT}`;
    const { events } = await this.#api
      .get<{ events: HistoryEvent[] }>(`/api/history?${query}`, this.#signal)
      .catch(noneOfWhatIsGone);
    // The newest move of a tag says whether it is there.
    const last = new Map<string, HistoryEvent>();
    for (const event of events) if (!last.has(event.tag)) last.set(event.tag, event);
    return [...last.values()]
      .filter(({ digest }) => digest !== null)
      .map(({ tag, time }) => ({ repository, tag, time }));
  }
}

/** Of a repository whose trash was emptied not even a history is left. */
function noneOfWhatIsGone(error: unknown): { events: HistoryEvent[] } {
  if (error instanceof Refusal && error.code === 'NAME_UNKNOWN') return { events: [] };
  throw error;
}
