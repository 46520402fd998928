import { describe, expect, it } from 'vitest';
import { countedImages, nameOf, searchImages, sortImages, tagsOfSame, type Listed } from './listed.ts';

const image = (tag: string | null, more: Partial<Listed> = {}): Listed => ({
  repository: 'app',
  tag,
  digest: `sha256:${tag ?? '00ff'}`,
  mediaType: '',
  kind: 'image',
  artifactType: null,
  platforms: ['linux/amd64'],
  parts: 1,
  size: 1,
  exclusive: 1,
  pushedAt: '2026-01-01T00:00:00Z',
  pulledAt: null,
  referrers: 0,
  protected: false,
  protectedBy: null,
  expiresAt: null,
  ...more,
});

const tags = (images: readonly Listed[]) => images.map(({ tag }) => tag);

describe('sortImages', () => {
  it('sorts versions as people count', () => {
    const images = [image('v10'), image('v2'), image('v1')];
    expect(tags(sortImages(images, 'tag', false))).toEqual(['v1', 'v2', 'v10']);
    expect(tags(sortImages(images, 'tag', true))).toEqual(['v10', 'v2', 'v1']);
  });

  it('keeps what has no tag at the end, in every direction', () => {
    const images = [image(null, { size: 9 }), image('a', { size: 1 }), image('b', { size: 5 })];
    expect(tags(sortImages(images, 'size', true))).toEqual(['b', 'a', null]);
    expect(tags(sortImages(images, 'size', false))).toEqual(['a', 'b', null]);
  });
});

describe('searchImages', () => {
  const images = [image('v1'), image('v2', { platforms: ['linux/arm64'] }), image(null)];

  it('finds by tag, digest and platform, and by all of several words', () => {
    expect(tags(searchImages(images, 'V1'))).toEqual(['v1']);
    expect(tags(searchImages(images, '00ff'))).toEqual([null]);
    expect(tags(searchImages(images, 'v arm'))).toEqual(['v2']);
    expect(searchImages(images, '  ')).toBe(images);
  });
});

describe('nameOf', () => {
  it('is what a client takes', () => {
    expect([nameOf(image('v1')), nameOf(image(null))]).toEqual(['app:v1', 'app@sha256:00ff']);
  });
});

describe('tagsOfSame', () => {
  it('has the tags of images that have several, and of no other', () => {
    const images = [
      image('1.4', { digest: 'sha256:a' }),
      image('latest', { digest: 'sha256:a' }),
      image('1.3', { digest: 'sha256:b' }),
      image(null, { digest: 'sha256:b' }),
    ];
    expect([...tagsOfSame(images)]).toEqual([['sha256:a', ['1.4', 'latest']]]);
  });
});

describe('countedImages', () => {
  it('counts tags, and images where one has none', () => {
    expect(countedImages([image('v1')])).toBe('1 tag');
    expect(countedImages([image('v1'), image('v2')])).toBe('2 tags');
    expect(countedImages([image('v1'), image(null)])).toBe('2 images');
  });
});
