import { parentPort, workerData } from 'node:worker_threads';
import { RegistryError } from '../../error.ts';
import { Conversation } from './conversation.ts';
import { readContent } from './content.ts';
import { ListingCache } from './listing-cache.ts';
import type { FromWorker, Json, Question, ToWorker, WorkerSettings } from './protocol.ts';
import { search } from './search.ts';
import { Trees } from './trees.ts';
import { View } from './view.ts';
import { findWasted } from './wasted.ts';

const { blobs, cache, cacheLimit } = workerData as WorkerSettings;
const listings = new ListingCache(cache, blobs, cacheLimit);
const trees = new Trees(listings, blobs);
const conversations = new Map<number, Conversation>();

/** Entries of a walk that travel together. */
const ENTRIES_AT_ONCE = 500;

/** Told at most so often of compressed bytes. */
const PROGRESS_MS = 100;

parentPort?.on('message', (message: ToWorker) => {
  const known = conversations.get(message.id);
  if (message.kind === 'cancel') known?.cancel();
  else if (message.kind === 'taken') known?.taken();
  else void answer(message.id, message.question);
});

async function answer(id: number, question: Question): Promise<void> {
  const conversation = new Conversation((value) => post({ id, kind: 'part', value }));
  conversations.set(id, conversation);
  try {
    post({ id, kind: 'done', value: await answerTo(id, question, conversation) });
  } catch (error) {
    const code = error instanceof RegistryError ? error.code : null;
    post({ id, kind: 'failed', code, message: error instanceof Error ? error.message : String(error) });
  } finally {
    conversations.delete(id);
  }
}

async function answerTo(id: number, question: Question, conversation: Conversation): Promise<unknown> {
  const { layers } = question;
  switch (question.kind) {
    case 'is cached':
      return await trees.isCached(layers);
    case 'read': {
      const tree = await trees.read(layers, progressOf(id), conversation.signal);
      return tree.layers;
    }
    case 'list': {
      const view = new View(await trees.get(layers), question.layer, question.view);
      return json(view.list(question.path, question.most));
    }
    case 'search': {
      const view = new View(await trees.get(layers), question.layer, question.view);
      return json(await search(view, question.text, question.most, conversation.signal));
    }
    case 'wasted': {
      const { layer, most } = question;
      const { signal } = conversation;
      return json(await findWasted(await trees.get(layers), most, { layer, signal }));
    }
    case 'walk':
      await walk(
        new View(await trees.get(layers), question.layer, question.view),
        question.path,
        conversation,
      );
      return null;
    default:
      await readContent(await trees.get(layers), question, blobs, conversation);
      return null;
  }
}

async function walk(view: View, path: string, conversation: Conversation): Promise<void> {
  let [lines, count] = ['', 0];
  for (const entry of view.walk(path)) {
    lines += `${JSON.stringify(entry)}\n`;
    count += 1;
    if (count % ENTRIES_AT_ONCE > 0) continue;
    await conversation.part(bytesOf(lines));
    lines = '';
  }
  if (lines !== '') await conversation.part(bytesOf(lines));
}

function json<T>(value: T): Json<T> {
  return bytesOf(JSON.stringify(value));
}

function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function progressOf(id: number): (done: number, total: number) => void {
  let last = -Infinity;
  return (done, total) => {
    const now = performance.now();
    if (done < total && now - last < PROGRESS_MS) return;
    last = now;
    post({ id, kind: 'progress', done, total });
  };
}

function post(message: FromWorker): void {
  // Bytes go over as they are instead of being copied.
  const value = 'value' in message ? message.value : undefined;
  parentPort?.postMessage(message, value instanceof Uint8Array ? [value.buffer as ArrayBuffer] : []);
}

// What an earlier run left, and what belongs to layers that are gone since.
await listings.trim().catch(() => undefined);
