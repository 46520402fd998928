import { render, screen } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { Trouble as State, TroubleChoice } from '../../../main/bridge.ts';
import Trouble from './Trouble.svelte';

const trouble: State = {
  kind: 'port taken',
  message: 'Port 5080 is taken by nginx.',
  port: 5080,
  dataFolder: '/data',
  choices: ['choose another port', 'try again', 'quit'],
  repaired: null,
};

const { chosen, desktop } = vi.hoisted(() => {
  const asked: { choice: TroubleChoice; answer: (now: State) => void }[] = [];
  const choose = (choice: TroubleChoice): Promise<State> =>
    new Promise((answer) => asked.push({ choice, answer }));
  return { chosen: asked, desktop: { read: vi.fn(), choose, onChange: () => () => undefined } };
});
vi.mock('../../state/bridge.ts', () => ({ bridge: { trouble: desktop }, hasTrafficLights: false }));

describe('Trouble', () => {
  beforeEach(() => {
    chosen.length = 0;
    desktop.read.mockResolvedValue(trouble);
  });

  it.each(['Try again', 'Use port 5081'])('leaves the focus on “%s” while that is tried', async (name) => {
    const user = userEvent.setup();
    render(Trouble);
    const button = await screen.findByRole<HTMLButtonElement>('button', { name });
    button.focus();
    await user.keyboard('{Enter}');
    await expect.poll(() => button.getAttribute('aria-busy')).toBe('true');
    expect(button.disabled).toBe(false);
    expect(document.activeElement).toBe(button);
    expect(screen.getByRole<HTMLButtonElement>('button', { name: 'Quit Berth' }).disabled).toBe(true);
    await user.keyboard('{Enter}');
    expect(chosen).toHaveLength(1);
    chosen[0]?.answer({ ...trouble, message: 'Port 5080 is still taken.' });
    await screen.findByText('Port 5080 is still taken.');
    expect(button.getAttribute('aria-busy')).toBe(null);
    expect(document.activeElement).toBe(button);
  });
});
