import { render, screen } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import axe from 'axe-core';
import { describe, expect, it } from 'vitest';
import Connect from './Connect.svelte';
import { guidesFor } from './guides.ts';

describe('guidesFor', () => {
  const guides = guidesFor('localhost:6001');

  it('has this machine’s address in everything that speaks to the registry', () => {
    for (const { id, steps } of guides) {
      const speaking = steps.filter(({ text }) =>
        /\b(push|pull|copy|inspect|install|load|--push)\b/.test(text),
      );
      expect(speaking.length, id).toBeGreaterThan(1);
      for (const { text } of speaking) expect(text).toContain('localhost:6001');
    }
  });

  it('tells those that ask for TLS that there is none', () => {
    const flags = { podman: '--tls-verify=false', helm: '--plain-http', skopeo: 'tls-verify=false' };
    for (const [id, flag] of Object.entries(flags)) {
      const steps = guides.find((guide) => guide.id === id)?.steps ?? [];
      for (const { text } of steps.filter((step) => step.text.includes('localhost')))
        expect(text).toContain(flag);
    }
  });
});

describe('Connect', () => {
  it('goes from client to client with the arrows', async () => {
    const user = userEvent.setup();
    const { container } = render(Connect);
    screen.getByRole('tab', { name: 'Docker' }).focus();
    await user.keyboard('{ArrowDown}');
    expect(screen.getByRole('tab', { name: 'Podman' }).getAttribute('aria-selected')).toBe('true');
    screen.getByText('podman pull --tls-verify=false localhost:5080/app:v1');
    expect((await axe.run(container)).violations).toEqual([]);
  });
});
