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
    this.#isReading = true;
    try {
      const { lines } = await get<{ lines: readonly LogLine[] }>('/api/log', { limit: FIRST }, signal);
      this.all = [];
      this.#newest = 0;
      this.#show(lines);
    } finally {
      this.#isReading = false;
      this.#take();
    }
  });
  /** What comes meanwhile may be in the answer, or be newer. */
  #isReading = false;
  /** They wait to be shown, some of them perhaps a second time. */
  #new: readonly LogLine[] = [];
  /** The number of the last line that is shown. */
  #newest = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #last = 0;

  follow(): () => void {
    const read = () => void this.resource.refresh();
    read();
    const ends = [
      events.on('reset', () => {
        this.#new = [];
        this.#newest = 0;
        read();
      }),
      events.on('log', ({ lines }) => {
        this.#new = [...this.#new, ...lines];
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
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#isReading) return;
    this.#show(this.#new.filter(({ number }) => number > this.#newest));
    this.#new = [];
  }

  #show(lines: readonly LogLine[]): void {
    this.#newest = lines.at(-1)?.number ?? this.#newest;
    this.all = [...this.all, ...lines.map((line) => this.#keyed(line))].slice(-MOST);
  }

  #keyed(line: LogLine): Line {
    const shown = visible(line);
    return { ...shown, key: `${++this.#last}`, text: textOf(shown) };
  }
}

/** What moves the cursor of a terminal, or turns the order of what follows: none of it is a character to look at. */
const CONTROL = /[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

const withoutControl = (text: string): string => text.replace(CONTROL, '\ufffd');

/** As it can be shown: what stands in it may come from anybody. */
export function visible(line: LogLine): LogLine {
  const fields = Object.entries(line.fields).map(([name, value]) => [
    withoutControl(name),
    withoutControl(typeof value === 'string' ? value : JSON.stringify(value)),
  ]);
  return {
    ...line,
    message: withoutControl(line.message),
    fields: Object.fromEntries(fields) as Record<string, string>,
  };
}

export function textOf({ time, level, message, fields }: LogLine): string {
  return [time, level, message, fieldsOf(fields)].filter(Boolean).join(' ');
}

/** Without what the message of a request says already. */
export function restOf({ message, fields }: LogLine): LogLine['fields'] {
  const { method, path, ...rest } = fields;
  return message === `${method as string} ${path as string}` ? rest : fields;
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
