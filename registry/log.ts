import { write } from 'node:fs';
import electronLog from 'electron-log/node';

export const LOG_LEVELS = ['error', 'warn', 'info', 'debug'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export const LOG_FORMATS = ['text', 'json'] as const;
export type LogFormat = (typeof LOG_FORMATS)[number];

export type LogFields = Readonly<Record<string, unknown>>;

/** A message is a fact in plain words; what varies is in the fields. */
export interface Log {
  /** May be changed at any time. */
  level: LogLevel;
  error(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  debug(message: string, fields?: LogFields): void;
  /** Writes out what is still held back. */
  flush(): Promise<void>;
}

const STANDARD_ERROR = 2;
const FLUSH_MS = 50;
const FLUSH_CHARACTERS = 64 << 10;

let created = 0;

/** Structured lines on standard error: text for people, JSON for machines. */
export function createLog(options: { level: LogLevel; format: LogFormat; fd?: number }): Log {
  const format = options.format === 'json' ? formatJSON : formatText;
  const lines = new LineWriter(options.fd ?? STANDARD_ERROR);

  created += 1;
  const logger = electronLog.create({ logId: `registry-${created}` });
  const transport = Object.assign(
    ({ date, level, data }: { date: Date; level: string; data: unknown[] }) => {
      const [message, fields] = data as [string, LogFields | undefined];
      lines.push(format(date, level, message, fields), level === 'error');
    },
    { level: options.level, transforms: [] },
  );
  logger.transports = { lines: transport } as unknown as typeof logger.transports;

  const at =
    (level: LogLevel) =>
    (message: string, fields?: LogFields): void =>
      logger[level](message, fields);
  return {
    get level() {
      return transport.level;
    },
    set level(level: LogLevel) {
      transport.level = level;
    },
    error: at('error'),
    warn: at('warn'),
    info: at('info'),
    debug: at('debug'),
    flush: () => lines.flush(),
  };
}

/** For whoever embeds the registry and wants no log. */
export function silentLog(): Log {
  const ignore = (): void => undefined;
  return { level: 'error', error: ignore, warn: ignore, info: ignore, debug: ignore, flush: async () => {} };
}

/**
 * Gathers lines and writes them together: Node writes standard error synchronously, and a pipe that
 * nobody reads would stop the whole server.
 */
class LineWriter {
  readonly #fd: number;
  #text = '';
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> | undefined;

  constructor(fd: number) {
    this.#fd = fd;
  }

  push(line: string, atOnce: boolean): void {
    // A reader that has stopped reading gets no more than this; the server must not grow for it.
    if (this.#text.length > 16 * FLUSH_CHARACTERS) return;
    this.#text += `${line}\n`;
    if (atOnce || this.#text.length > FLUSH_CHARACTERS) void this.flush();
    else this.#timer ??= setTimeout(() => void this.flush(), FLUSH_MS).unref();
  }

  async flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#writing === undefined && this.#text !== '') this.#writing = this.#writeAll();
    await this.#writing;
  }

  async #writeAll(): Promise<void> {
    while (this.#text !== '') {
      let bytes = Buffer.from(this.#text);
      this.#text = '';
      while (bytes.length > 0) bytes = bytes.subarray(await writeSome(this.#fd, bytes));
    }
    this.#writing = undefined;
  }
}

/** Bytes written. A standard error that is closed or full loses lines, but never stops the server. */
function writeSome(fd: number, bytes: Buffer): Promise<number> {
  return new Promise((resolve) => {
    write(fd, bytes, (error, written) => {
      if (error?.code === 'EAGAIN') setTimeout(() => resolve(0), FLUSH_MS);
      else resolve(error === null ? written : bytes.length);
    });
  });
}

function formatJSON(date: Date, level: string, message: string, fields?: LogFields): string {
  return JSON.stringify({ time: date.toISOString(), level, message, ...fields }, plainError);
}

/** A line as people read it. */
export function formatText(date: Date, level: string, message: string, fields: LogFields = {}): string {
  let line = `${date.toISOString()} ${level.padEnd(5)} ${quoteControls(message)}`;
  for (const [name, value] of Object.entries(fields)) {
    // A request's line begins with its method and path; people need not read them twice.
    const isSaid = typeof value === 'string' && message.includes(value);
    if (value !== undefined && !isSaid) line += ` ${name}=${formatValue(value)}`;
  }
  return line;
}

function formatValue(value: unknown): string {
  if (value instanceof Error) return JSON.stringify(value.stack ?? value.message);
  if (typeof value === 'object') return JSON.stringify(value, plainError);
  const text = `${value as string | number | boolean}`;
  return /^[\x21\x23-\x7e]+$/.test(text) ? text : JSON.stringify(text);
}

/** Names of repositories and clients are anybody's: a newline in one must not make a second line. */
function quoteControls(text: string): string {
  return /^[\x20-\x7e]*$/.test(text) ? text : JSON.stringify(text);
}

function plainError(_name: string, value: unknown): unknown {
  return value instanceof Error ? { name: value.name, message: value.message, stack: value.stack } : value;
}
