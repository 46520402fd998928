import { untrack } from 'svelte';
import { href, router } from './router.svelte.ts';

/**
 * Calls `leave` when the address becomes another while something is shown: it was about what one looked at. Called
 * while a component is made.
 */
export function leaving(shown: () => boolean, leave: () => void): void {
  $effect(() => {
    if (!shown()) return;
    const began = untrack(() => href(router.route));
    $effect(() => {
      if (href(router.route) !== began) untrack(leave);
    });
  });
}
