import { Violation } from '../protocol.mjs';

/**
 * After a start: what clients have set of a tag is in the journal, and what was in doubt is not any more. What
 * is served is compared with the journal by `berth verify`.
 *
 * @param {import('./journal.mjs').Journal} journal
 * @param {import('../model.mjs').Model} model
 */
export function checkSettings(journal, model) {
  for (const { name, settings } of model.repositories.values()) {
    for (const [tag, register] of settings) {
      const found = settingOf(journal.repositories.get(name)?.tags.get(tag));
      const possible = register.possible();
      if (!possible.has(found)) {
        throw new Violation(`${name}:${tag} is set to ${found}; possible: ${[...possible].join(' or ')}`);
      }
      register.settle(found);
    }
  }
}

function settingOf({ protected: isProtected = false, expiresAt } = {}) {
  const expires = expiresAt === undefined ? '' : new Date(expiresAt).toISOString();
  return isProtected ? `protected${expires}` : expires;
}
