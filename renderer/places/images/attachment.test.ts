import { describe, expect, it } from 'vitest';
import { attachmentOf } from './attachment.ts';
import type { Listed } from './listed.ts';

const hex = 'ab'.repeat(32);
const images = ['1.4', 'latest'].map((tag) => ({ tag, digest: `sha256:${hex}` }) as Listed);
const image = { subject: null, tag: null, kind: 'image', artifactType: null, mediaType: '' } as const;

describe('attachmentOf', () => {
  it.each([
    [`sha256-${hex}.sig`, 'Signature'],
    [`sha256-${hex}.sbom`, 'SBOM'],
    [`sha256-${hex}.att`, 'Attestation'],
    [`sha256-${hex}`, 'List of referrers'],
  ])('says by the tag %s what it is, and of what', (tag, what) => {
    expect(attachmentOf({ ...image, tag }, images)).toEqual({
      what,
      subject: `sha256:${hex}`,
      tags: ['1.4', 'latest'],
    });
  });

  it('says by its type what an artifact with a subject is', () => {
    const artifact = { ...image, kind: 'artifact', subject: `sha256:${hex}` } as const;
    expect(attachmentOf({ ...artifact, artifactType: 'application/spdx+json' }, [])).toEqual({
      what: 'SBOM',
      subject: `sha256:${hex}`,
      tags: [],
    });
    expect(attachmentOf({ ...artifact, artifactType: 'application/x.own' }, [])?.what).toBe(
      'application/x.own',
    );
    expect(attachmentOf({ ...image, subject: 'sha256:00' }, [])?.what).toBe('Attachment');
  });

  it.each(['latest', 'sha256-abc', `v-sha256-${hex}`])('takes %s for a tag of its own', (tag) => {
    expect(attachmentOf({ ...image, tag }, images)).toBeUndefined();
  });
});
