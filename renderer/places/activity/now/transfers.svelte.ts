import type { Transfer } from '../../../../registry/api/contract.ts';
import { get } from '../../../state/api.ts';
import { events } from '../../../state/events.svelte.ts';
import { Resource } from '../../../state/resource.svelte.ts';
import { Roster } from '../../../state/roster.ts';

/** Eight pushes say something many times a second; nobody reads faster than this. */
const PACE_MS = 120;
const MOST_ENDED = 200;

/** Pushes and pulls: those under way in the order in which they began, then the others, the last that ended first. */
export class Transfers {
  all = $state.raw<readonly Transfer[]>([]);
  readonly resource = new Resource<void>(async (signal) => {
    await this.#roster.read(
      async () => (await get<{ transfers: readonly Transfer[] }>('/api/transfers', {}, signal)).transfers,
    );
    this.#show();
  });
  readonly #roster = new Roster<Transfer>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** From now on; returns how to end it. */
  follow(): () => void {
    const read = () => void this.resource.refresh();
    read();
    const ends = [
      events.on('reset', read),
      events.on('transfer', ({ transfer }) => {
        this.#roster.tell(transfer);
        this.#timer ??= setTimeout(() => this.#show(), PACE_MS);
      }),
    ];
    return () => {
      clearTimeout(this.#timer);
      this.resource.close();
      for (const end of ends) end();
    };
  }

  #show(): void {
    this.#timer = undefined;
    const all = [...this.#roster.byId.values()];
    const running = all.filter(({ endedAt }) => endedAt === null);
    const ended = all.filter(({ endedAt }) => endedAt !== null);
    running.sort((a, b) => a.startedAt.localeCompare(b.startedAt));
    ended.sort((a, b) => (b.endedAt ?? '').localeCompare(a.endedAt ?? ''));
    for (const { id } of ended.slice(MOST_ENDED)) this.#roster.byId.delete(id);
    this.all = [...running, ...ended.slice(0, MOST_ENDED)];
  }
}
