import { describe, expect, it } from 'vitest';
import { permissionsOf } from './file-view.ts';

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
