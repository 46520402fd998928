import { untrack } from 'svelte';
import { events } from './events.svelte.ts';

/** A skeleton that flashes is worse than none. */
const PATIENCE_MS = 150;

/**
 * Something that is read from the server, kept while it is read again, and read again when it has changed. What could
 * not be read is read again once the registry is back. Its owner calls `close` when nobody looks any more.
 */
export class Resource<T> {
  value = $state.raw<T>();
  error = $state.raw<unknown>();
  /** Whether there is nothing to show yet, and has not been for a while. */
  waiting = $state(false);
  readonly #load: (signal: AbortSignal) => Promise<T>;
  #running: AbortController | undefined;
  #again = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #endWait: (() => void) | undefined;

  constructor(load: (signal: AbortSignal) => Promise<T>) {
    this.#load = load;
  }

  /** Reads it now; if it is being read, once more after that. */
  async refresh(): Promise<void> {
    if (this.#running !== undefined) {
      this.#again = true;
      return;
    }
    const running = new AbortController();
    this.#running = running;
    this.#again = false;
    // Untracked, or an effect that calls this would run again with each answer.
    if (untrack(() => this.value === undefined && this.error === undefined)) {
      this.#timer = setTimeout(() => (this.waiting = true), PATIENCE_MS);
    }
    try {
      const value = await this.#load(running.signal);
      if (this.#running !== running) return;
      this.value = value;
      this.error = undefined;
      this.#stopWaiting();
    } catch (error) {
      if (this.#running !== running) return;
      this.error = error;
      this.#endWait ??= events.onOpen(() => void this.refresh());
    }
    clearTimeout(this.#timer);
    this.waiting = false;
    this.#running = undefined;
    if (this.#again) await this.refresh();
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#running?.abort();
    this.#running = undefined;
    this.#stopWaiting();
  }

  #stopWaiting(): void {
    this.#endWait?.();
    this.#endWait = undefined;
  }
}

/** Reads it when a component shows it, and lets go when it does not. Called while the component is made. */
export function watched<T>(load: () => ((signal: AbortSignal) => Promise<T>) | undefined): {
  readonly current: Resource<T> | undefined;
} {
  const resource = $derived.by(() => {
    const read = load();
    return read && new Resource(read);
  });
  $effect(() => {
    const shown = resource;
    untrack(() => void shown?.refresh());
    return () => shown?.close();
  });
  // It may be another server, with another folder.
  $effect(() => events.on('reset', () => void resource?.refresh()));
  return {
    get current() {
      return resource;
    },
  };
}

/** What was read last, until what is read instead of it is there: a page that is replaced does not flash. */
export function kept<T>(resource: () => Resource<T> | undefined): { readonly current: T | undefined } {
  let last = $state.raw<T>();
  $effect.pre(() => {
    const now = resource();
    if (now === undefined || now.error !== undefined) last = undefined;
    else if (now.value !== undefined) last = now.value;
  });
  return {
    get current() {
      return last;
    },
  };
}
