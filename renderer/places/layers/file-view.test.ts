import { describe, expect, it } from 'vitest';
import type { FileEntry } from '../../../registry/api/contract.ts';
import { contentOf, permissionsOf } from './file-view.ts';

describe('permissionsOf', () => {
  it.each([
    [0o644, 'rw-r--r--'],
    [0o755, 'rwxr-xr-x'],
    [0o4755, 'rwsr-xr-x'],
    [0o2644, 'rw-r-Sr--'],
    [0o1777, 'rwxrwxrwt'],
    [0, '---------'],
  ])('writes %o as ls does', (mode, text) => {
    expect(permissionsOf(mode)).toBe(text);
  });
});

describe('contentOf', () => {
  const shown = {
    repository: 'a/b',
    digest: 'sha256:1',
    layer: 2,
    view: 'layer',
    changesOnly: false,
  } as const;
  const file = { path: '/f', change: 'modified' } as FileEntry;

  it.each([
    ['after the layer that is looked at', file, 'layer=2'],
    ['before the layer, if that removed it', { ...file, change: 'removed' as const }, 'layer=1'],
    ['before the layer that replaced it', { ...file, by: 1 }, 'layer=0'],
  ])('is %s', (_, entry, wanted) => {
    expect(contentOf(entry, shown)).toBe(
      `/api/files/content?repository=a%2Fb&digest=sha256%3A1&${wanted}&path=%2Ff`,
    );
  });
});
