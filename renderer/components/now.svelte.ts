import { createSubscriber } from 'svelte/reactivity';

const STEP_MS = 10_000;

const subscribe = createSubscriber((update) => {
  const timer = setInterval(update, STEP_MS);
  return () => clearInterval(timer);
});

/** Milliseconds since 1970; whatever is drawn from it is drawn again every ten seconds. */
export function now(): number {
  subscribe();
  return Date.now();
}
