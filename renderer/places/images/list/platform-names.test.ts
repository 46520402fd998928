import { describe, expect, it } from 'vitest';
import { platformNames, shortPlatform } from './platform-names.ts';

describe('shortPlatform', () => {
  it('leaves out what goes without saying, and nothing else', () => {
    const names = ['linux/amd64', 'linux/arm64/v8', 'linux/arm/v7', 'windows/amd64', 'linux/', 'wasm'];
    expect(names.map(shortPlatform)).toEqual(['amd64', 'arm64', 'arm/v7', 'windows/amd64', 'linux/', 'wasm']);
  });
});

describe('platformNames', () => {
  const THREE = ['linux/amd64', 'linux/arm64', 'linux/s390x'];

  it('names as many as there is room for, and counts the others', () => {
    expect(platformNames(THREE, 17)).toEqual({ names: 'amd64 arm64 s390x', more: 0 });
    expect(platformNames(THREE, 16)).toEqual({ names: 'amd64 arm64', more: 1 });
    expect(platformNames(THREE, 13)).toEqual({ names: 'amd64', more: 2 });
  });

  it('names the first in any case', () => {
    expect(platformNames(['linux/a-very-long-name', 'linux/arm64'], 5)).toEqual({
      names: 'a-very-long-name',
      more: 1,
    });
    expect(platformNames([], 5)).toEqual({ names: '', more: 0 });
  });
});
