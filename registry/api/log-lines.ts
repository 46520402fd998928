import type { Log, LogFields, LogLevel } from '../log.ts';
import type { LogLine } from './contract.ts';

const REMEMBERED = 1000;

/** The last lines of the log, for people who look at it in the window. */
export class LogLines {
  readonly #ring: LogLine[] = [];
  /** Where the next line goes, once the ring is full. */
  #next = 0;
  #count = 0;
  #listener: ((line: LogLine) => void) | undefined;

  /** The newest last. */
  last(limit: number): LogLine[] {
    const all = [...this.#ring.slice(this.#next), ...this.#ring.slice(0, this.#next)];
    return limit === 0 ? [] : all.slice(-limit);
  }

  /** Calls `listener` with each line from now on. */
  listen(listener: (line: LogLine) => void): void {
    this.#listener = listener;
  }

  /** A log that writes to another one, and remembers here what that one writes. */
  tap(log: Log): Log {
    const at =
      (level: LogLevel) =>
      (message: string, fields?: LogFields): void => {
        log[level](message, fields);
        if (RANK[level] <= RANK[log.level]) this.#add(level, message, fields);
      };
    return {
      get level() {
        return log.level;
      },
      set level(level: LogLevel) {
        log.level = level;
      },
      error: at('error'),
      warn: at('warn'),
      info: at('info'),
      debug: at('debug'),
      flush: () => log.flush(),
    };
  }

  #add(level: LogLevel, message: string, fields: LogFields = {}): void {
    this.#count += 1;
    const time = new Date().toISOString();
    const line: LogLine = { number: this.#count, time, level, message, fields: plain(fields) };
    if (this.#ring.length < REMEMBERED) this.#ring.push(line);
    else {
      this.#ring[this.#next] = line;
      this.#next = (this.#next + 1) % REMEMBERED;
    }
    this.#listener?.(line);
  }
}

const RANK: Record<LogLevel, number> = { error: 0, warn: 1, info: 2, debug: 3 };

/** Errors have no members of their own that JSON would show. */
function plain(fields: LogFields): LogFields {
  const { error } = fields;
  if (!(error instanceof Error)) return fields;
  return { ...fields, error: error.stack ?? error.message };
}
