/**
 * Where each tag pointed: `repository:tag` -> its moves, the oldest first.
 *
 * @typedef {Map<string, { seq: number, time: number, digest?: string, previous?: string }[]>} Timelines
 */

const EVENTS_OF_A_TAG = 1000;

export function noteMove({ timelines }, repository, tag, { seq, time, digest, previous }) {
  const key = `${repository}:${tag}`;
  if (!timelines.has(key)) timelines.set(key, []);
  const events = timelines.get(key);
  events.push({ seq, time, digest, previous });
  if (events.length > EVENTS_OF_A_TAG) events.shift();
}

/** Forgets those of tags that are gone since before that time. */
export function trimTimelines({ timelines, repositories }, before) {
  for (const [key, events] of timelines) {
    const colon = key.lastIndexOf(':');
    const exists = repositories.get(key.slice(0, colon))?.tags.has(key.slice(colon + 1)) ?? false;
    if (!exists && events.at(-1).time < before) timelines.delete(key);
  }
}
