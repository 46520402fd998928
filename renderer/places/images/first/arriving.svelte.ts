import type { Transfer } from '../../../../registry/api/contract.ts';
import { events } from '../../../state/events.svelte.ts';

/** Pushes that go on while somebody waits for the first. */
export class Arriving {
  transfers = $state.raw<readonly Transfer[]>([]);

  follow(): () => void {
    const ends = [
      events.on('reset', () => (this.transfers = [])),
      events.on('transfer', ({ transfer }) => {
        if (transfer.direction !== 'push') return;
        const others = this.transfers.filter(({ id }) => id !== transfer.id);
        this.transfers = [...others, transfer].slice(-3);
      }),
    ];
    return () => {
      for (const end of ends) end();
    };
  }
}
