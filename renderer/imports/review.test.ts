import { render, screen } from '@testing-library/svelte';
import { describe, expect, it, vi } from 'vitest';
import type { FileJob } from '../../main/bridge.ts';
import type { StagedImport } from '../../registry/api/contract.ts';
import { answer } from '../test-answers.ts';
import ImportPanel from './ImportPanel.svelte';
import { imports } from './imports.svelte.ts';

const image = (name: string): StagedImport['images'][number] => ({
  digest: `sha256:${name}`,
  kind: 'index',
  references: [`${name}:v1`],
  suggestions: [],
  platforms: ['linux/amd64', 'linux/arm64'],
  layers: 2,
  size: 4_000_000,
  newBytes: 4_000_000,
  replaces: [],
});

const job = (id: string): FileJob => ({
  id,
  kind: 'import',
  name: `${id}.tar`,
  state: 'staged',
  done: 10,
  total: 10,
  staged: {
    id: `import-${id}`,
    name: `${id}.tar`,
    format: 'OCI layout',
    bytes: 10,
    images: [image(id)],
    warnings: [],
    expiresAt: '2026-11-21T00:00:00Z',
  },
  result: null,
  error: null,
});

vi.mock('../state/bridge.ts', () => ({
  bridge: { files: { list: () => Promise.resolve([job('first'), job('second')]) } },
}));

describe('a review of an archive that was opened with the app', () => {
  it('opens what is inside it, at its first name', async () => {
    const waiting = ['first', 'second', 'third'].flatMap((id) => job(id).staged ?? []);
    answer({ 'GET /api/imports': { imports: waiting } });
    render(ImportPanel);
    await imports.review('first');
    expect(imports.open).toBe(true);
    const card = await screen.findByRole('article', { name: 'first.tar' });
    const field = screen.getByRole('textbox', { name: 'Names of first' });
    await expect.poll(() => document.activeElement).toBe(field);
    expect(card.textContent).toContain('linux/amd64, linux/arm64 · 2 manifests · 4.0 MB');
    // The third waits in the registry for somebody else; the others are not shown twice.
    expect(screen.getAllByRole('article').map((each) => each.getAttribute('aria-label'))).toEqual([
      'third.tar',
      'first.tar',
      'second.tar',
    ]);
  });
});
