import type { TrashState } from '../../../registry/api/contract.ts';
import { sentenceOf } from '../../state/api.ts';
import { toasts } from '../../state/toasts.svelte.ts';
import { undo } from '../../state/undo.svelte.ts';
import * as requests from './requests.ts';

/** Whether there is anything to put back: what has never had a tag and is still here needs one. */
export const canPutBack = ({ tags, pullable }: TrashState): boolean => tags.length > 0 || !pullable;

/** What putting it back does, where that is more than to undo a deletion. */
export const putBackHint = ({ tags, replaced }: TrashState): string | undefined =>
  replaced ? `Moves ${tags.join(', ')} here again; that can be undone` : undefined;

/** It harms nothing, so it is done at once. */
export async function putBack(repository: string, { digest }: TrashState): Promise<void> {
  try {
    const { change, tags } = await requests.putBack(repository, digest);
    const [only] = tags;
    const what =
      only !== undefined && tags.length === 1 ? `${repository}:${only}` : tags.join(', ') || 'the image';
    undo.offer(`Put ${what} back`, change);
  } catch (error) {
    toasts.show(sentenceOf(error), { tone: 'danger' });
  }
}
