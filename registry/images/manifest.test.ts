import { describe, expect, it } from 'vitest';
import type { Digest } from '../reference.ts';
import { parseManifest } from './manifest.ts';
import { DOCKER_MANIFEST, OCI_INDEX, OCI_MANIFEST } from './media-types.ts';

const digest: Digest = `sha256:${'a'.repeat(64)}`;
const descriptor = (mediaType = 'application/octet-stream') => ({ mediaType, digest, size: 7 });
const image = { schemaVersion: 2, config: descriptor('test/config'), layers: [descriptor()] };
const index = { schemaVersion: 2, manifests: [descriptor(OCI_MANIFEST)] };

function parse(value: unknown, contentType?: string) {
  return parseManifest(digest, Buffer.from(JSON.stringify(value)), contentType);
}

describe('parseManifest', () => {
  it('takes the type from the header, else from the manifest, else from its shape', () => {
    expect(parse(image, `${DOCKER_MANIFEST}; charset=utf-8`).mediaType).toBe(DOCKER_MANIFEST);
    expect(parse({ ...image, mediaType: DOCKER_MANIFEST }).mediaType).toBe(DOCKER_MANIFEST);
    expect(parse(image).mediaType).toBe(OCI_MANIFEST);
    expect(parse(index).mediaType).toBe(OCI_INDEX);
  });

  it('tells the blobs that a build cache lists in an index from its manifests', () => {
    const cache = { ...index, manifests: [descriptor(OCI_MANIFEST), descriptor('test/layer')] };
    expect(parse(cache)).toMatchObject({
      manifests: [descriptor(OCI_MANIFEST)],
      layers: [descriptor('test/layer')],
    });
  });

  it('keeps of an attached manifest what a list of referrers shows', () => {
    const subject = descriptor(OCI_MANIFEST);
    const attached = { ...image, subject, annotations: { a: 'b' } };
    expect(parse(attached)).toMatchObject({
      subject: digest,
      artifactType: 'test/config',
      annotations: { a: 'b' },
    });
    expect(parse({ ...attached, artifactType: 'test/sbom' }).artifactType).toBe('test/sbom');
    expect(parse({ ...index, subject }).artifactType).toBeUndefined();
    expect(parse({ ...image, annotations: { a: 'b' } }).annotations).toBeUndefined();
  });

  it('leaves fields alone that it does not know', () => {
    expect(parse({ ...image, custom: { deep: [1] } }).layers).toHaveLength(1);
  });

  it.each([
    ['no object', []],
    ['schema 1', { schemaVersion: 1, fsLayers: [] }],
    ['another type than the header', { ...image, mediaType: OCI_INDEX }],
    ['layers in an index', { ...index, layers: [] }],
    ['manifests in an image', { ...image, manifests: [] }],
    ['a digest that is a path', { ...image, config: { ...descriptor(), digest: 'sha256:../../etc' } }],
    ['a size that is no number', { ...image, config: { ...descriptor(), size: '7' } }],
    ['a size below zero', { ...image, config: { ...descriptor(), size: -1 } }],
    ['annotations that are no strings', { ...image, subject: descriptor(), annotations: { a: 1 } }],
  ])('refuses %s', (_, value) => {
    const type =
      typeof value === 'object' && 'manifests' in value && !('config' in value) ? OCI_INDEX : OCI_MANIFEST;
    expect(() => parse(value, type)).toThrow(expect.objectContaining({ code: 'MANIFEST_INVALID' }));
  });

  it('refuses what is no JSON, and JSON nested without end', () => {
    for (const text of ['', '{', '\xff', '['.repeat(100_000)]) {
      expect(() => parseManifest(digest, Buffer.from(text, 'latin1'))).toThrow(
        expect.objectContaining({ code: 'MANIFEST_INVALID' }),
      );
    }
  });
});
