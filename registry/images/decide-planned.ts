import type { Operation } from '../catalog/operation.ts';
import { RegistryError } from '../error.ts';
import type { Actor, JournalRecord } from '../journal/record.ts';
import { atOnce, Pace, type Steps } from '../pace.ts';
import type { Store } from './store.ts';

/**
 * As `Ledger.decide`, of thousands of operations: they are worked out in slices beforehand, which is right unless
 * something that they depend on, or a rule, changes meanwhile. Then they are worked out anew when it is their turn.
 *
 * @throws what `plan` throws when it is their turn
 */
export async function decidePlanned(
  { ledger, settings }: Pick<Store, 'ledger' | 'settings'>,
  actor: Actor,
  dependsOn: (operation: Operation) => boolean,
  plan: () => Steps<Operation[]>,
): Promise<JournalRecord<Operation> | undefined> {
  const rules = settings.current;
  let isChanged = false;
  const end = ledger.subscribe(({ ops }) => {
    isChanged ||= ops.some(dependsOn);
  });
  try {
    const planned = await walk(plan());
    const decide = (): Operation[] => {
      const isRight = planned !== undefined && !isChanged && settings.current === rules;
      return isRight ? planned : atOnce(plan());
    };
    return await ledger.decide(actor, { dependsOn, decide });
  } finally {
    end();
  }
}

/** Undefined for what is refused now: what is on its way to the disk may make it right. */
async function walk(steps: Steps<Operation[]>): Promise<Operation[] | undefined> {
  try {
    return await new Pace().walk(steps);
  } catch (error) {
    if (error instanceof RegistryError) return undefined;
    throw error;
  }
}
