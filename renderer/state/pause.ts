/** Before something is asked for while somebody types or goes along a list: only the last of it is. */
export const PAUSE_MS = 150;

/** @throws the signal's reason, if somebody went on meanwhile */
export async function pause(signal: AbortSignal | undefined, ms = PAUSE_MS): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms));
  signal?.throwIfAborted();
}
