/** One event of a `text/event-stream`. */
export interface StreamEvent {
  readonly id: string;
  readonly type: string;
  readonly data: string;
}

/** Takes the stream's text in any pieces and hands out whole events. */
export class EventStreamParser {
  readonly #emit: (event: StreamEvent) => void;
  #rest = '';
  #id = '';
  #type = '';
  #data: string[] = [];

  constructor(emit: (event: StreamEvent) => void) {
    this.#emit = emit;
  }

  push(text: string): void {
    const lines = (this.#rest + text).split(/\r\n|\n|\r(?!$)/);
    this.#rest = lines.pop() ?? '';
    for (const line of lines) this.#line(line);
  }

  #line(line: string): void {
    if (line === '') {
      this.#end();
      return;
    }
    const colon = line.indexOf(':');
    if (colon === 0) return;
    const field = colon === -1 ? line : line.slice(0, colon);
    const value = colon === -1 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (field === 'id') this.#id = value;
    else if (field === 'event') this.#type = value;
    else if (field === 'data') this.#data.push(value);
  }

  #end(): void {
    if (this.#data.length > 0) {
      this.#emit({ id: this.#id, type: this.#type || 'message', data: this.#data.join('\n') });
    }
    this.#type = '';
    this.#data = [];
  }
}
