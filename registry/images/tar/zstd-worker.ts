import { parentPort, workerData } from 'node:worker_threads';
import { ZstdDecoder } from './zstd-decoder.ts';

/** Shared with the other side: bytes that were sent there and are not taken yet. */
export interface ZstdTask {
  readonly waiting: SharedArrayBuffer;
}

export type ZstdInput = Uint8Array | 'end';
export type ZstdOutput =
  | { readonly kind: 'data'; readonly bytes: Uint8Array }
  | { readonly kind: 'more' }
  | { readonly kind: 'end' }
  | { readonly kind: 'failed'; readonly reason: string };

/** A few bytes may unpack to gigabytes: so much at most waits for the other side. */
const WINDOW_BYTES = 2 << 20;

const waiting = new Int32Array((workerData as ZstdTask).waiting);
/** What was unpacked last: it is read once more before the next, and only then may be given away. */
let last: Uint8Array | undefined;
const decoder = new ZstdDecoder((bytes) => {
  sendLast();
  last = bytes;
});

parentPort?.on('message', (input: ZstdInput) => {
  try {
    for (const _ of input === 'end' ? decoder.end() : decoder.push(input));
    sendLast();
    post({ kind: input === 'end' ? 'end' : 'more' });
  } catch (error) {
    sendLast();
    post({ kind: 'failed', reason: error instanceof Error ? error.message : String(error) });
  }
});

/** Blocks this thread, and no other, while the other side is busy. Its memory goes along: nothing is left to collect. */
function sendLast(): void {
  const bytes = last;
  last = undefined;
  if (bytes === undefined) return;
  for (let now = Atomics.load(waiting, 0); now > WINDOW_BYTES; now = Atomics.load(waiting, 0)) {
    Atomics.wait(waiting, 0, now);
  }
  Atomics.add(waiting, 0, bytes.length);
  const own = bytes.length === bytes.buffer.byteLength ? bytes : bytes.slice();
  parentPort?.postMessage({ kind: 'data', bytes: own } satisfies ZstdOutput, [own.buffer as ArrayBuffer]);
}

function post(message: ZstdOutput): void {
  parentPort?.postMessage(message);
}
