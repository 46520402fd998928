import { MediaQuery } from 'svelte/reactivity';

const middle = new MediaQuery('(max-width: 1099px)', false);
const narrow = new MediaQuery('(max-width: 699px)', false);

/** How many panes fit: three, two under 1100 pixels, one under 700. */
export const width = {
  get middle(): boolean {
    return middle.current;
  },
  get narrow(): boolean {
    return narrow.current;
  },
};
