import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { archiveOf, bodyOf, oldDockerFiles, sha256 } from '../../../test/domain/archive.ts';
import { ImportStore } from '../../../test/domain/import.ts';
import { INDEX, jsonContent, type Content } from '../../../test/clients/image.ts';

const describeIndex = ({ mediaType, digest, size }: Content): object => ({ mediaType, digest, size });
const indexOf = (listed: readonly Content[], number = 0): Content =>
  jsonContent(INDEX, {
    schemaVersion: 2,
    manifests: listed.map(describeIndex),
    annotations: { a: `${number}` },
  });

const pathOf = ({ digest }: Content): string => `blobs/${digest.replace(':', '/')}`;
const options = { name: 'a.tar', signal: new AbortController().signal, onProgress: () => undefined };

let at: ImportStore;

beforeEach(async () => {
  at = await ImportStore.open();
});
afterEach(() => at.close());

/** Small archives that ask for much. */
describe('an archive that is refused before it takes all memory', () => {
  it('is one of more manifests than there is memory for', async () => {
    const manifests = Array.from({ length: 17 }, (_, index) =>
      jsonContent(INDEX, {
        schemaVersion: 2,
        manifests: [],
        annotations: { a: `${index}`.padEnd(4_000_000) },
      }),
    );
    const list = manifests.map(({ mediaType, digest, size }) => ({ mediaType, digest, size }));
    const files = manifests.map((each) => ({ name: pathOf(each), content: each.bytes }));
    const archive = archiveOf([
      { name: 'index.json', content: JSON.stringify({ manifests: list }) },
      ...files,
    ]);
    const staging = at.imports.stage(bodyOf(archive, 1 << 20), options);
    await expect(staging).rejects.toThrow('more than 64 MiB of manifests');
    await at.expectNothing();
  });

  it('is one whose lists lead to the same lists, over and over', async () => {
    const leaves = Array.from({ length: 450 }, (_, leaf) => indexOf([], leaf));
    const middle = indexOf(leaves);
    const roots = Array.from({ length: 450 }, (_, root) => indexOf([middle], root));
    const files = [...leaves, middle, ...roots].map((each) => ({ name: pathOf(each), content: each.bytes }));
    const list = JSON.stringify({ manifests: roots.map(describeIndex) });
    const staging = at.imports.stage(
      bodyOf(archiveOf([{ name: 'index.json', content: list }, ...files]), 1 << 20),
      options,
    );
    await expect(staging).rejects.toThrow('manifests more than 200000 times');
    await at.expectNothing();
  });

  it.each([
    ['a path', [{ name: 'x'.repeat(5000) }]],
    [
      'a link',
      [
        { name: 'pax', type: 'x', content: `5015 linkpath=${'x'.repeat(5000)}\n` },
        { name: 'a', link: 'b' },
      ],
    ],
  ])('is one with %s as long as a book', async (_, files) => {
    const staging = at.imports.stage(bodyOf(archiveOf(files)), options);
    await expect(staging).rejects.toThrow('a path of 5000 characters; 4095 are the most');
    await at.expectNothing();
  });

  it('is one whose paths are a library', async () => {
    const files = Array.from({ length: 5000 }, (_, index) => ({ name: `${'x/'.repeat(1800)}${index}` }));
    const staging = at.imports.stage(bodyOf(archiveOf(files), 1 << 20), options);
    await expect(staging).rejects.toThrow('more than 16 MiB of paths');
    await at.expectNothing();
  });

  it('is one whose layer asks for gigabytes to be unpacked', async () => {
    // One frame of one raw byte, with a window of 2 GiB. RFC 8878, 3.1.1.
    const frame = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0, 0xa8, 9, 0, 0, 0x61]);
    const archive = archiveOf(
      oldDockerFiles([{ names: ['app:v1'], layers: [frame], diffIds: [sha256('a')] }]),
    );
    await expect(at.imports.stage(bodyOf(archive), options)).rejects.toThrow('more than 128 MiB of memory');
    await at.expectNothing();
  });
});
