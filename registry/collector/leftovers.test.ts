import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TestStore } from '../../test/domain/store.ts';
import { removeLeftovers } from './leftovers.ts';

let test: TestStore;

beforeEach(async () => {
  test = await TestStore.open();
});
afterEach(() => test.close());

describe('removeLeftovers', () => {
  it('removes what was set aside before the time, and nothing that it does not know', async () => {
    const quarantine = join(test.folder, 'quarantine');
    await mkdir(quarantine);
    await writeFile(join(quarantine, `sha256-${'a'.repeat(64)}-1700000000000`), 'wrong');
    await writeFile(join(quarantine, 'note.txt'), 'somebody’s');
    await writeFile(join(test.folder, 'journal', '00000001.log.torn'), 'half');
    expect(await removeLeftovers(test.store.blobs, Date.now() - 60_000)).toEqual([]);
    expect(await removeLeftovers(test.store.blobs, Date.now() + 60_000)).toHaveLength(2);
    expect(await readdir(quarantine)).toEqual(['note.txt']);
    expect(await readdir(join(test.folder, 'journal'))).not.toContain('00000001.log.torn');
  });
});
