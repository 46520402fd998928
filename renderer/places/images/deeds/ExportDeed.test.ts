import { screen, waitFor, within } from '@testing-library/svelte';
import { describe, expect, it, vi } from 'vitest';
import type { ExportPlan, TagList } from '../../../../registry/api/contract.ts';
import { failure, type Asked } from '../../../test-answers.ts';
import { listed } from '../listed.ts';
import { ANSWERS, DIGEST, setup } from '../test-images.ts';
import { deeds } from './deeds.svelte.ts';

const PLATFORMS = ['linux/amd64', 'linux/arm64'];

const planOf = ({ body }: Asked): ExportPlan | Response => {
  const { platform } = body as { platform?: string };
  if (platform === 'linux/amd64') return failure(404, 'MANIFEST_UNKNOWN', 'app:v1 is gone');
  return {
    fileName: 'app-v1.tar',
    bytes: platform === undefined ? 9_000_000 : 4_000_000,
    images: [{ reference: 'app:v1', digest: DIGEST, platforms: platform ? [platform] : PLATFORMS }],
    warnings: [],
  };
};

async function begin() {
  const { user, asked } = await setup('v1', { ...ANSWERS, 'POST /api/export/plan': planOf });
  await screen.findByRole('grid', { name: 'Tags of app' });
  deeds.begin('export', 'app', listed(ANSWERS['GET /api/tags'] as TagList).images.slice(0, 1));
  const deed = within(await screen.findByRole('form', { name: 'Export app:v1 as an archive' }));
  return { user, asked, deed, field: await deed.findByRole('combobox', { name: 'Platforms' }) };
}

describe('ExportDeed', () => {
  it('saves all platforms, or one', async () => {
    const click = vi.spyOn(HTMLAnchorElement.prototype, 'click').mockReturnValue();
    const { user, deed, field } = await begin();
    await deed.findByRole('button', { name: 'Save 9.0 MB' });
    field.focus();
    await user.selectOptions(field, 'linux/arm64');
    await user.click(await deed.findByRole('button', { name: 'Save 4.0 MB' }));
    await waitFor(() => expect(click).toHaveBeenCalledOnce());
    const link = click.mock.contexts[0] as HTMLAnchorElement;
    expect(link.getAttribute('href')).toBe('/api/export?reference=app%3Av1&platform=linux%2Farm64');
  });

  it('leaves the focus where one chooses, and says what cannot be had', async () => {
    const { user, deed, field } = await begin();
    field.focus();
    await user.selectOptions(field, 'linux/amd64');
    await deed.findByRole('alert');
    expect(document.activeElement).toBe(field);
    expect(deed.getByRole('button', { name: /^Save/ }).hasAttribute('disabled')).toBe(true);
    await user.selectOptions(field, 'all');
    await waitFor(() =>
      expect(deed.getByRole('button', { name: 'Save 9.0 MB' }).hasAttribute('disabled')).toBe(false),
    );
  });
});
