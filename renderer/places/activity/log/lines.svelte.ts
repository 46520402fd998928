import type { LogLine } from '../../../../registry/api/contract.ts';
import { get } from '../../../state/api.ts';
import { events } from '../../../state/events.svelte.ts';
import { Resource } from '../../../state/resource.svelte.ts';

const MOST = 5000;
const FIRST = 1000;
const PACE_MS = 200;

export interface Line extends LogLine {
  readonly key: string;
  /** All of it, in one line: what is searched and copied. */
  readonly text: string;
}

export const LEVELS = ['error', 'warn', 'info', 'debug'] as const;
export type Level = LogLine['level'];

/** The end of the log, and what comes from now on. */
export class Lines {
  all = $state.raw<readonly Line[]>([]);
  readonly resource = new Resource<void>(async (signal) => {
    const { lines } = await get<{ lines: readonly LogLine[] }>('/api/log', { limit: FIRST }, signal);
    this.#new = [];
    this.all = lines.map((line) => this.#keyed(line));
  });
  #new: LogLine[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;
  #last = 0;

  follow(): () => void {
    const read = () => void this.resource.refresh();
    read();
    const ends = [
      events.on('reset', read),
      events.on('log', ({ lines }) => {
        this.#new.push(...lines);
        this.#timer ??= setTimeout(() => this.#take(), PACE_MS);
      }),
    ];
    return () => {
      clearTimeout(this.#timer);
      this.resource.close();
      for (const end of ends) end();
    };
  }

  #take(): void {
    this.#timer = undefined;
    const more = this.#new.map((line) => this.#keyed(line));
    this.#new = [];
    this.all = [...this.all, ...more].slice(-MOST);
  }

  #keyed(line: LogLine): Line {
    return { ...line, key: `${++this.#last}`, text: textOf(line) };
  }
}

export function textOf({ time, level, message, fields }: LogLine): string {
  return [time, level, message, fieldsOf(fields)].filter(Boolean).join(' ');
}

/** `status=200 ms=3.1` */
export function fieldsOf(fields: LogLine['fields']): string {
  return Object.entries(fields)
    .map(([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join(' ');
}

/** Those that are at least so bad, and have every word of the search in them. */
export function chosenLines(lines: readonly Line[], level: Level, search: string): readonly Line[] {
  const most = LEVELS.indexOf(level);
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  if (most === LEVELS.length - 1 && words.length === 0) return lines;
  return lines.filter((line) => {
    if (LEVELS.indexOf(line.level) > most) return false;
    const text = words.length === 0 ? '' : line.text.toLowerCase();
    return words.every((word) => text.includes(word));
  });
}
