import { describe, expect, it, vi } from 'vitest';
import { answer, failure } from '../test-answers.ts';
import { toasts } from './toasts.svelte.ts';
import { Undo } from './undo.svelte.ts';

const said = () => toasts.all.map(({ text }) => text);

function setup() {
  for (const { id } of toasts.all) toasts.dismiss(id);
  return new Undo();
}

describe('Undo', () => {
  it('takes back the last change first', async () => {
    const undo = setup();
    const asked = answer({ 'POST /api/undo': {} });
    undo.offer('Deleted app:v1', 7);
    undo.offer('Deleted app:v2', 8);
    await undo.last();
    await undo.last();
    expect(asked.map(({ body }) => body)).toEqual([{ change: 8 }, { change: 7 }]);
    expect(said()).toEqual(['Undone: deleted app:v2', 'Undone: deleted app:v1']);
  });

  it('takes back what the journal does not know in its own way', async () => {
    const undo = setup();
    const takeBack = vi.fn(() => Promise.resolve());
    undo.offer('Protected app:v1', takeBack);
    toasts.all[0]?.action?.run();
    await vi.waitFor(() => expect(said()).toEqual(['Undone: protected app:v1']));
    expect(takeBack).toHaveBeenCalledOnce();
  });

  it('waits for the answer to what is being done', async () => {
    const undo = setup();
    const asked = answer({ 'POST /api/undo': {} });
    let arrive = (): void => undefined;
    const deed = new Promise<void>((resolve) => (arrive = resolve)).then(() =>
      undo.offer('Deleted app:v1', 7),
    );
    undo.during(deed);
    const undone = undo.last();
    arrive();
    await undone;
    expect(asked.map(({ body }) => body)).toEqual([{ change: 7 }]);
  });

  it('asks about a change that this window did not make', async () => {
    const undo = setup();
    const change = { change: 5, time: '', actor: {}, summary: 'deleted app:v1' };
    const asked = answer({
      'GET /api/changes': {
        changes: [{ ...change, change: 7, refusal: 'gone' }, { ...change, change: 6, undoOf: 4 }, change],
      },
      'POST /api/undo': {},
    });
    await undo.last();
    expect(undo.asked).toEqual(change);
    await undo.answer(true);
    expect(asked.at(-1)?.body).toEqual({ change: 5 });
  });

  it('forgets changes of another server, whose numbers mean others', async () => {
    const undo = setup();
    const asked = answer({ 'POST /api/undo': {}, 'GET /api/changes': { changes: [] } });
    undo.meet('one');
    undo.offer('Deleted app:v1', 7);
    undo.meet('one');
    expect(said()).toEqual(['Deleted app:v1']);
    undo.meet('two');
    expect(said()).toEqual([]);
    await undo.last();
    expect(asked.map(({ request }) => request)).toEqual(['GET /api/changes']);
  });

  it('says why something cannot be undone', async () => {
    const undo = setup();
    answer({ 'POST /api/undo': () => failure(409, 'CONFLICT', 'app:v1 was pushed again since') });
    undo.offer('Deleted app:v1', 7);
    await undo.last();
    expect(said()).toEqual(['app:v1 was pushed again since.']);
  });
});
