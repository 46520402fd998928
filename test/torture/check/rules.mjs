/** The rules of a whole life, and what docs/retention.md says that they do. */
export const RULES = [{ repositories: '*/ci', keepNewest: 3, protect: ['release-*'] }];

const KEPT = 3;
const UNDO_WINDOW_MS = 7 * 86_400_000;

/**
 * The tags that stay when the rules are asked at that time.
 *
 * @param {import('./journal.mjs').Journal} journal
 * @param {number} now milliseconds since 1970
 * @returns {Map<string, string[]>} repository -> tags
 */
export function expectedByRules({ repositories }, now) {
  const expected = new Map();
  for (const [name, { tags }] of repositories) {
    const isRuled = name.endsWith('/ci');
    const isProtected = ([tag, each]) => each.protected || (isRuled && tag.startsWith('release-'));
    const free = [...tags].filter((entry) => !isProtected(entry) && entry[1].expiresAt === undefined);
    const newest = new Set(free.sort(byPush).slice(0, KEPT));
    const isRestored = ([, { restoredAt = -Infinity }]) => restoredAt > now - UNDO_WINDOW_MS;
    const stays = (entry) => {
      if (isProtected(entry) || isRestored(entry)) return true;
      const { expiresAt } = entry[1];
      if (expiresAt !== undefined) return expiresAt > now;
      return !isRuled || newest.has(free.find(([tag]) => tag === entry[0]));
    };
    const kept = [...tags].filter(stays);
    expected.set(
      name,
      kept.map(([tag]) => tag),
    );
  }
  return expected;
}

/** The newest first; of those that came together, the first by name. */
function byPush([one, { pushedAt: left }], [other, { pushedAt: right }]) {
  return right - left || (one < other ? -1 : 1);
}
