import { Decompress } from 'fzstd';
import { parentPort, workerData } from 'node:worker_threads';

/** Shared with the other side: bytes that were sent there and are not taken yet. */
export interface ZstdTask {
  readonly waiting: SharedArrayBuffer;
}

export type ZstdInput = Uint8Array | 'end';
export type ZstdOutput =
  | { readonly kind: 'data'; readonly bytes: Uint8Array }
  | { readonly kind: 'more' }
  | { readonly kind: 'end' }
  | { readonly kind: 'failed'; readonly isEarlyEnd: boolean };

/** A few bytes may unpack to gigabytes: so much at most waits for the other side. */
const WINDOW_BYTES = 2 << 20;

/** What zstd's own command takes without being told to, and no archive needs more. */
const LARGEST_WINDOW = 128 << 20;

/** So little is looked at between two looks at how much memory the archive wants. */
const STEP_BYTES = 16 << 10;

const waiting = new Int32Array((workerData as ZstdTask).waiting);
/** What was unpacked last: it is read once more before the next, and only then may be given away. */
let last: Uint8Array | undefined;
const unpacking = new Decompress((bytes, isLast) => {
  sendLast();
  last = bytes;
  if (isLast !== true) return;
  sendLast();
  post({ kind: 'end' });
});

parentPort?.on('message', (input: ZstdInput) => {
  try {
    if (input === 'end') {
      unpacking.push(new Uint8Array(0), true);
      return;
    }
    for (let start = 0; start < input.length; start += STEP_BYTES) {
      unpacking.push(input.subarray(start, start + STEP_BYTES));
      refuseLargeWindow();
    }
    sendLast();
    post({ kind: 'more' });
  } catch (error) {
    const isEarlyEnd = error instanceof Error && error.message.includes('EOF');
    post({ kind: 'failed', isEarlyEnd });
  }
});

/** Blocks this thread, and no other, while the other side is busy. Its memory goes along: nothing is left to collect. */
function sendLast(): void {
  const bytes = last;
  last = undefined;
  if (bytes === undefined || bytes.length === 0) return;
  for (let now = Atomics.load(waiting, 0); now > WINDOW_BYTES; now = Atomics.load(waiting, 0)) {
    Atomics.wait(waiting, 0, now);
  }
  Atomics.add(waiting, 0, bytes.length);
  const own = bytes.length === bytes.buffer.byteLength ? bytes : bytes.slice();
  parentPort?.postMessage({ kind: 'data', bytes: own } satisfies ZstdOutput, [own.buffer as ArrayBuffer]);
}

function refuseLargeWindow(): void {
  const { s: frame } = unpacking as unknown as { s?: { e?: number } | number };
  if (typeof frame === 'object' && (frame.e ?? 0) > LARGEST_WINDOW) throw new Error('too large a window');
}

function post(message: ZstdOutput): void {
  parentPort?.postMessage(message);
}
