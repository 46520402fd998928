import { request, type ClientRequest, type IncomingMessage } from 'node:http';
import { vi } from 'vitest';
import type { ServerEvent } from '../registry/api/contract.ts';
import type { Target } from './clients/http.ts';

type EventOf<Type extends ServerEvent['type']> = Extract<ServerEvent, { type: Type }>;

/** Reads `GET /api/events` as the window does. */
export class EventClient {
  readonly events: ServerEvent[] = [];
  lastId = '';
  isEnded = false;
  readonly #request: ClientRequest;
  #text = '';

  private constructor(sent: ClientRequest, response: IncomingMessage) {
    this.#request = sent;
    response.setEncoding('utf8');
    response.on('data', (text: string) => this.#take(text));
    response.on('error', () => undefined);
    response.on('close', () => {
      this.isEnded = true;
    });
  }

  static async connect(
    target: Target,
    options: { after?: string; types?: string } = {},
  ): Promise<EventClient> {
    const { after, types } = options;
    const headers = after === undefined ? {} : { 'last-event-id': after };
    const url = `${target.url}/api/events${types === undefined ? '' : `?types=${types}`}`;
    return await new Promise((resolve, reject) => {
      const sent = request(url, { headers, agent: false });
      sent.on('error', reject);
      sent.on('response', (response) => resolve(new EventClient(sent, response)));
      sent.end();
    });
  }

  of<Type extends ServerEvent['type']>(type: Type): EventOf<Type>[] {
    return this.events.filter((event): event is EventOf<Type> => event.type === type);
  }

  /** The first event of the type that fits, as soon as there is one. */
  async find<Type extends ServerEvent['type']>(
    type: Type,
    fits: (event: EventOf<Type>) => boolean = () => true,
  ): Promise<EventOf<Type>> {
    return await vi.waitFor(() => {
      const found = this.of(type).find(fits);
      if (found === undefined) throw new Error(`no such event of the type ${type}`);
      return found;
    }, 10_000);
  }

  close(): void {
    this.#request.destroy();
  }

  #take(text: string): void {
    this.#text += text;
    const blocks = this.#text.split('\n\n');
    this.#text = blocks.pop() ?? '';
    for (const block of blocks) {
      const fields = new Map(
        block
          .split('\n')
          .map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]),
      );
      const [type, data, id] = [fields.get('event'), fields.get('data'), fields.get('id')];
      if (type === undefined || data === undefined) continue;
      this.lastId = id ?? this.lastId;
      this.events.push({ type, ...(JSON.parse(data) as object) } as ServerEvent);
    }
  }
}
