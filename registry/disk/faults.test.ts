import { describe, expect, it } from 'vitest';
import { RegistryError } from '../error.ts';
import { explainFault, isFault } from './faults.ts';

const systemError = (code: string): Error => Object.assign(new Error(`${code}: a call failed`), { code });

describe('explainFault', () => {
  it.each([
    ['ENOSPC', 'STORAGE_FULL', /disk is full.*berth gc/i],
    ['EDQUOT', 'STORAGE_FULL', /quota.*disk is full/i],
    ['EROFS', 'STORAGE_READ_ONLY', /read-only/],
    ['EACCES', 'STORAGE_READ_ONLY', /no permission/],
    ['EIO', 'STORAGE_FAILED', /disk reports errors/],
    ['ENOENT', 'STORAGE_GONE', /disappeared/],
    ['EMFILE', 'UNAVAILABLE', /too many files are open.*again/i],
  ])('says for %s what it is and what to do', (code, expected, sentence) => {
    const cause = systemError(code);
    expect(explainFault(cause)).toMatchObject({
      code: expected,
      message: expect.stringMatching(sentence),
      cause,
    });
    expect(isFault(cause)).toBe(true);
  });

  it('finds the reason of a sync that failed', () => {
    expect(explainFault(new Error('not kept', { cause: systemError('EIO') }))?.code).toBe('STORAGE_FAILED');
  });

  it('leaves every other error alone', () => {
    expect(explainFault(systemError('ECONNRESET'))).toBeUndefined();
    expect(explainFault(new Error('a bug'))).toBeUndefined();
    expect(isFault(new RegistryError('BLOB_UNKNOWN', 'no such blob'))).toBe(false);
  });
});
