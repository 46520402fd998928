import { RegistryError } from '../error.ts';
import type { Store } from '../images/store.ts';
import { parseSettingsPatch, type Settings } from '../settings.ts';
import { describeBudgetLoss, findBudgetLoss } from './budget-change.ts';
import { describeUndoLoss, findUndoLoss } from './undo-change.ts';

/**
 * Changes the settings that the patch names. A budget below what is used, and an undo window that ends now for
 * something in the trash, are to be confirmed, because they take what nothing brings back.
 *
 * @throws RegistryError REQUEST_INVALID; CONFIRMATION_REQUIRED with a `BudgetLoss` or an `UndoLoss` as its detail
 */
export async function changeSettings(
  store: Store,
  patch: Readonly<Record<string, unknown>>,
  isConfirmed: boolean,
): Promise<Settings> {
  const { budget = null, undoDays } = parseSettingsPatch(patch);
  if (!isConfirmed) {
    const isNewBudget = budget !== null && budget !== store.settings.current.budget;
    const ofBudget = isNewBudget ? await findBudgetLoss(store, budget) : undefined;
    const ofUndo = undoDays === undefined ? undefined : await findUndoLoss(store, undoDays);
    // Nobody is to confirm two things by having read of one.
    if (ofBudget !== undefined && ofUndo !== undefined) {
      throw new RegistryError(
        'REQUEST_INVALID',
        'Both this budget and this undo window take something for good: change one after the other.',
      );
    }
    if (ofBudget !== undefined) throw unconfirmed(describeBudgetLoss(ofBudget), ofBudget);
    if (ofUndo !== undefined) throw unconfirmed(describeUndoLoss(ofUndo), ofUndo);
  }
  return await store.settings.change(patch);
}

function unconfirmed(what: string, detail: object): RegistryError {
  const message = `${what} Nothing was changed, because this was not confirmed.`;
  return new RegistryError('CONFIRMATION_REQUIRED', message, { detail });
}
