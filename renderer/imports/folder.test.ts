import { describe, expect, it } from 'vitest';
import { packFolder } from './folder.ts';

type Tree = { readonly [name: string]: string | Tree };

/** A folder as a browser hands it out: so many of its entries at a time. */
function folderOf(tree: Tree, path: string, some = 2): FileSystemDirectoryEntry {
  const entries = Object.entries(tree).map(([name, content]) =>
    typeof content === 'string'
      ? {
          isDirectory: false,
          fullPath: `${path}/${name}`,
          file: (take: (file: File) => void) => take(new File([content], name)),
        }
      : folderOf(content, `${path}/${name}`, some),
  );
  return {
    isDirectory: true,
    name: path.split('/').at(-1),
    fullPath: path,
    getFile: (name: string, _: unknown, found: () => void, absent: () => void) =>
      typeof tree[name] === 'string' ? found() : absent(),
    createReader: () => {
      let at = 0;
      return { readEntries: (take: (read: unknown[]) => void) => take(entries.slice(at, (at += some))) };
    },
  } as unknown as FileSystemDirectoryEntry;
}

const wanted = () => true;

/** The double of a browser has no `text()`. */
const textOf = (file: File): Promise<string> =>
  new Promise((resolve) => {
    const reader = new FileReader();
    reader.addEventListener('load', () => resolve(reader.result as string));
    reader.readAsText(file);
  });

describe('packFolder', () => {
  it('packs every file under its path from the folder on', async () => {
    const layout = {
      'index.json': '{}',
      'oci-layout': 'x',
      blobs: { sha256: { a: 'aa', b: 'bb', c: 'cc' } },
    };
    const packed = await packFolder(folderOf(layout, '/my-layout'), wanted);
    const text = await textOf(packed);
    const names = text.match(/(?:index\.json|oci-layout|blobs\/sha256\/.)(?=\0)/g);
    expect(names?.sort()).toEqual([
      'blobs/sha256/a',
      'blobs/sha256/b',
      'blobs/sha256/c',
      'index.json',
      'oci-layout',
    ]);
    expect([packed.name, packed.size]).toEqual(['my-layout', 2 * 5 * 512 + 1024]);
  });

  it.each([1, 2])('packs the one OCI layout in a folder, %i deep', async (depth) => {
    const layout = { 'index.json': '{}', 'oci-layout': 'x' };
    const given = { notes: 'n', other: {}, out: depth === 1 ? layout : { web: layout, more: {} } };
    const packed = await packFolder(folderOf(given, '/build'), wanted);
    expect((await textOf(packed)).match(/[a-z.-]+(?=\0)/g)).toEqual(expect.arrayContaining(['index.json']));
    expect([packed.name, packed.size]).toEqual(['build', 2 * 2 * 512 + 1024]);
  });

  it('names several of them, and packs none', async () => {
    const layout = { 'index.json': '{}', 'oci-layout': 'x' };
    await expect(packFolder(folderOf({ b: layout, a: layout }, '/build'), wanted)).rejects.toThrow(
      'build has 2 OCI layouts in it. Drop those that you mean: a, b.',
    );
  });

  it('refuses a folder without images, also if a layout is far below', async () => {
    const photos = folderOf({ photos: { 'index.json': '{}', a: { b: { 'oci-layout': 'x' } } } }, '/home');
    await expect(packFolder(photos, wanted)).rejects.toThrow('home is no folder of images');
  });

  it('stops where nobody wants it any more, and refuses what is no folder of images by its size', async () => {
    const many = Object.fromEntries(Array.from({ length: 100_001 }, (_, index) => [`f${index}`, '']));
    const folder = folderOf({ 'index.json': '{}', many }, '/disk', 1000);
    await expect(packFolder(folder, wanted)).rejects.toThrow('disk has too many files');
    expect((await packFolder(folder, () => false)).size).toBe(1024);
  });
});
