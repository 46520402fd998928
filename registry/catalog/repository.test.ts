import { describe, expect, it } from 'vitest';
import type { Digest } from '../reference.ts';
import { Repository } from './repository.ts';

const digest: Digest = `sha256:${'a'.repeat(64)}`;
const signature = `${digest.replace(':', '-')}.sig`;

function repositoryWith(...tags: string[]): Repository {
  const repository = new Repository('app');
  for (const tag of tags) repository.putTag(tag, { digest, pushedAt: 1 }, 1);
  return repository;
}

describe('tags that clients make from digests', () => {
  it('are known to be there until the last of them goes', () => {
    expect(repositoryWith('v1', 'sha256sum').hasTagsFromDigests).toBe(false);
    const repository = repositoryWith('v1', signature, 'sha512-and-more', signature);
    repository.deleteTag('sha512-and-more', 2);
    repository.deleteTag('sha512-and-more', 3);
    expect(repository.hasTagsFromDigests).toBe(true);
    repository.deleteTag(signature, 4);
    expect(repository.hasTagsFromDigests).toBe(false);
  });

  it('are known to a repository that takes over another', () => {
    const repository = repositoryWith('v1');
    repository.become(repositoryWith(signature));
    expect(repository.hasTagsFromDigests).toBe(true);
  });
});
