import { render, screen } from '@testing-library/svelte';
import { describe, expect, it } from 'vitest';
import type { DiskUse } from '../../../registry/api/contract.ts';
import UsageBar from './UsageBar.svelte';

const GB = 1e9;

const use = (more: Partial<DiskUse>): DiskUse => ({
  total: 100 * GB,
  free: 40 * GB,
  reserved: 5 * GB,
  others: 45 * GB,
  used: 10 * GB,
  parts: { content: 9 * GB, uploads: 0, journal: GB, cache: 0, quarantine: 0, other: 0 },
  reclaimable: 0,
  trash: 0,
  pending: 0,
  budget: null,
  repositories: [],
  ...more,
});

const items = (): string[] =>
  screen.getAllByRole('listitem').map(({ textContent }) => textContent.replaceAll(/\s+/g, ' ').trim());

describe('UsageBar', () => {
  it('names all parts of the disk, what the file system keeps for itself too', () => {
    const { container } = render(UsageBar, { use: use({}) });
    expect(items()).toEqual([
      'Berth 10.0 GB',
      'Other programs 45.0 GB',
      'Free 40.0 GB',
      'Reserved by the file system 5.0 GB',
    ]);
    const widths = [...container.querySelectorAll<HTMLElement>('.bar span')].map(({ style }) => style.width);
    expect(widths).toEqual(['10%', '45%', '40%', '5%']);
  });

  it('says nothing of a reserve that there is not', () => {
    render(UsageBar, { use: use({ reserved: 0, free: 45 * GB }) });
    expect(items()).toEqual(['Berth 10.0 GB', 'Other programs 45.0 GB', 'Free 45.0 GB']);
    expect(screen.getByRole('img').getAttribute('aria-label')).not.toContain('itself');
  });

  it('measures against the budget, if there is one', () => {
    render(UsageBar, { use: use({ budget: 12 * GB }) });
    expect(items()).toEqual(['Berth 10.0 GB', 'Left of the budget 3.0 GB']);
  });
});
