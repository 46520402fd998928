import { describe, expect, it } from 'vitest';
import { commonPlatforms } from './platforms.ts';

const of = (...lists: string[][]) =>
  commonPlatforms(lists.map((platforms) => ({ reference: 'a:1', digest: 'sha256:1', platforms })));

describe('commonPlatforms', () => {
  it('are those of an image that has several', () => {
    expect(of(['linux/amd64', 'linux/arm64'])).toEqual(['linux/amd64', 'linux/arm64']);
  });

  it('are those that all images have, but for images without a list', () => {
    expect(of(['linux/amd64', 'linux/arm64'], [], ['linux/arm64'])).toEqual(['linux/arm64']);
  });

  it('are none where there is nothing to choose', () => {
    expect(of([], ['linux/amd64'])).toEqual([]);
  });
});
