import type { ServerEvent } from '../api/contract.ts';
import type { Client } from './client.ts';

/**
 * What happens in the registry from now on, until it stops or the signal comes.
 *
 * @throws Error if no registry answers
 */
export async function* readEvents(
  client: Client,
  types: readonly ServerEvent['type'][],
  stop: AbortSignal,
): AsyncGenerator<ServerEvent> {
  const body = await client.stream(`/api/events?types=${types.join(',')}`, stop);
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of body) {
    text += decoder.decode(chunk, { stream: true });
    const blocks = text.split('\n\n');
    text = blocks.pop() ?? '';
    for (const block of blocks) {
      const type = /^event: (.*)$/m.exec(block)?.[1];
      const data = /^data: (.*)$/m.exec(block)?.[1];
      if (type !== undefined && data !== undefined)
        yield { type, ...(JSON.parse(data) as object) } as ServerEvent;
    }
  }
}
