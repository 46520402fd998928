import { fireEvent, render, screen, waitFor } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import { beforeEach, describe, expect, it } from 'vitest';
import { toasts } from '../../../state/toasts.svelte.ts';
import { answer, failure, type Asked } from '../../../test-answers.ts';
import { ChangeList } from './change-list.svelte.ts';
import Changes from './Changes.svelte';

/** A server with so many changes, the last of which is `newest`. */
class History {
  newest: number;
  readonly more = new Map<number, object>();

  constructor(newest: number) {
    this.newest = newest;
  }

  answer(): Asked[] {
    return answer({
      'GET /api/changes': ({ query }: Asked) => {
        const from = Math.min(Number(query.get('before') ?? Infinity) - 1, this.newest);
        const length = Math.max(0, Math.min(from, Number(query.get('limit'))));
        return { changes: Array.from({ length }, (_, index) => this.#change(from - index)) };
      },
    });
  }

  #change(change: number): object {
    return {
      change,
      time: new Date(change * 60_000).toISOString(),
      actor: {},
      summary: `pushed app:v${change}`,
      ...this.more.get(change),
    };
  }
}

const numbers = (list: ChangeList): number[] => list.rows.map(({ change }) => change);
const down = (from: number, to: number): number[] =>
  Array.from({ length: from - to + 1 }, (_, index) => from - index);

describe('ChangeList', () => {
  it('reads older changes before the last row is in sight, down to the oldest', async () => {
    const asked = new History(450).answer();
    const list = new ChangeList();
    list.refresh();
    await expect.poll(() => list.rows.length).toBe(200);
    list.look(100, 120);
    await expect.poll(() => list.ready).toBe(true);
    expect(list.rows).toHaveLength(200);
    list.look(150, 170);
    await expect.poll(() => list.rows.length).toBe(400);
    list.look(380, 400);
    await expect.poll(() => list.complete).toBe(true);
    expect(numbers(list)).toEqual(down(450, 1));
    expect(asked).toHaveLength(3);
  });

  it('reads those in sight again when something has happened, and the others when they come in sight', async () => {
    const server = new History(450);
    const asked = server.answer();
    const list = new ChangeList();
    list.refresh();
    await expect.poll(() => list.rows.length).toBe(200);
    list.look(380, 400);
    await expect.poll(() => list.complete).toBe(true);
    server.newest = 451;
    server.more.set(60, { undoneBy: 451 }).set(240, { refusal: 'app:v240 was changed again since.' });
    list.refresh();
    await expect.poll(() => list.rows.find(({ change }) => change === 60)?.undoneBy).toBe(451);
    expect(numbers(list)).toEqual(down(451, 1));
    const before = asked.length;
    list.look(205, 225);
    await expect.poll(() => list.rows.find(({ change }) => change === 240)?.refusal).toBeDefined();
    expect(asked).toHaveLength(before + 1);
    list.look(205, 225);
    expect(asked).toHaveLength(before + 1);
  });

  it('leaves no gap where more has happened than one page holds', async () => {
    const server = new History(50);
    server.answer();
    const list = new ChangeList();
    list.refresh();
    await expect.poll(() => list.rows.length).toBe(50);
    server.newest = 700;
    list.refresh();
    await expect.poll(() => numbers(list)[0]).toBe(700);
    list.look(0, 10_000);
    await expect.poll(() => list.complete).toBe(true);
    expect(numbers(list)).toEqual(down(700, 1));
  });

  it('keeps what it has when an older page cannot be read, and goes on when it can', async () => {
    const server = new History(450);
    server.answer();
    const list = new ChangeList();
    list.refresh();
    await expect.poll(() => list.rows.length).toBe(200);
    answer({ 'GET /api/changes': () => failure(503, 'UNAVAILABLE', 'too many open files') });
    list.look(190, 200);
    await expect.poll(() => list.error).toBeDefined();
    expect(list.rows).toHaveLength(200);
    server.answer();
    list.refresh();
    await expect.poll(() => list.rows.length).toBe(400);
    expect(list.error).toBeUndefined();
  });
});

describe('Changes', () => {
  beforeEach(() => {
    for (const { id } of toasts.all) toasts.dismiss(id);
  });

  it('goes on by itself when it is scrolled, and keeps the row that the keys are at', async () => {
    const user = userEvent.setup();
    const server = new History(450);
    server.answer();
    render(Changes);
    const grid = await screen.findByRole('grid', { name: 'Changes, the newest first' });
    grid.focus();
    await user.keyboard('{Home}');
    grid.scrollTop = 195 * 46;
    await fireEvent.scroll(grid);
    await waitFor(() => expect(grid.getAttribute('aria-rowcount')).toBe('400'));
    expect(document.activeElement).toBe(grid);
    grid.scrollTop = 0;
    await fireEvent.scroll(grid);
    expect(screen.getByRole('row', { selected: true }).textContent).toContain('pushed app:v450');
  });

  it('says why a change cannot be undone, before and after somebody tries', async () => {
    const user = userEvent.setup();
    const server = new History(2);
    server.more.set(1, { refusal: 'app:v1 was changed again since. Use "berth history app:v1".' });
    server.answer();
    render(Changes);
    await screen.findByText('app:v1 was changed again since.');
    await user.click(screen.getByRole('button', { name: 'Undo' }));
    // Nothing answers that.
    await waitFor(() => expect(screen.queryByRole('button', { name: 'Undo' })).toBe(null));
    expect(screen.getByText('Nothing at POST /api/undo.')).toBeTruthy();
  });
});
