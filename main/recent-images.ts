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

/** The tags that were moved last: pushed, copied, imported. */
export class RecentImages {
  readonly #api: Api;
  #images: readonly RecentImage[] = [];

  constructor(api: Api) {
    this.#api = api;
  }

  get newest(): readonly RecentImage[] {
    return this.#images;
  }

  async readAll(): Promise<void> {
    const { repositories } = await this.#api.get<RepositoryList>('/api/repositories');
    const newest = repositories.toSorted((a, b) => b.lastPush.localeCompare(a.lastPush)).slice(0, SHOWN);
    this.#images = [];
    await this.read(new Set(newest.map(({ name }) => name)));
  }

  /** Looks again at the repositories that have changed. */
  async read(repositories: ReadonlySet<string>): Promise<void> {
    const images = this.#images.filter(({ repository }) => !repositories.has(repository));
    for (const repository of repositories) images.push(...(await this.#readOne(repository)));
    this.#images = images.toSorted((a, b) => b.time.localeCompare(a.time)).slice(0, SHOWN);
  }

  async #readOne(repository: string): Promise<RecentImage[]> {
    const query = `repository=${encodeURIComponent(repository)}&limit=${LOOKED_AT}`;
    const { events } = await this.#api
      .get<{ events: HistoryEvent[] }>(`/api/history?${query}`)
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
