import { describe, expect, it } from 'vitest';
import { Repository } from '../catalog/repository.ts';
import { findSubjectOf } from './attachments.ts';
import type { Digest } from '../reference.ts';

const digest = (number: number): Digest => `sha512:${number.toString(16).padStart(128, '0')}`;

describe('findSubjectOf', () => {
  it('finds a sha512 by the part of it that a tag has room for, without looking at all manifests', () => {
    const repository = new Repository('app');
    const far: Digest = `sha512:${'a'.repeat(64)}${'b'.repeat(64)}`;
    const all = [digest(1), far];
    for (const each of all) {
      repository.addManifest({ digest: each, size: 1, mediaType: 'test', repository: 'app', pushedAt: 0 });
    }
    repository.manifests[Symbol.iterator] = () => {
      throw new Error('looked at all manifests');
    };
    expect(findSubjectOf(repository, `sha512-${'a'.repeat(64)}.sig`)?.digest).toBe(far);
    expect(findSubjectOf(repository, `sha512-${'a'.repeat(64)}${'b'.repeat(3)}`)?.digest).toBe(far);
    expect(findSubjectOf(repository, `sha512-${'a'.repeat(64)}c`)).toBeUndefined();
    expect(findSubjectOf(repository, `sha512-${'c'.repeat(64)}`)).toBeUndefined();
    const [, manifest] = repository.manifests.values();
    if (manifest !== undefined) repository.removeManifest(manifest);
    expect(findSubjectOf(repository, `sha512-${'a'.repeat(64)}.sig`)).toBeUndefined();
  });
});
