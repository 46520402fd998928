import { MessageChannel } from 'node:worker_threads';

/** Of ES2024: Node has it from version 21 on. */
interface Transferable extends ArrayBuffer {
  transfer?: (length: number) => ArrayBuffer;
}

const { port1: closedPort } = new MessageChannel();
closedPort.close();

/**
 * Gives a chunk's memory back at once. Each chunk of a request is memory outside the heap, and V8 answers
 * its growth with full collections of a heap that has nothing to do with it, many for each large push. The
 * chunk is empty afterwards, so that nobody may use it any more.
 */
export function release(chunk: Buffer): void {
  const memory = chunk.buffer as Transferable;
  // Small ones share Node's pool with others.
  if (memory.byteLength !== chunk.length) return;
  if (memory.transfer !== undefined) memory.transfer(0);
  // Before that, memory goes where a closed port sends it: nowhere.
  else closedPort.postMessage(null, [memory]);
}
