import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { unpack, writeImage } from '../../../test/domain/layers.ts';
import { tarBytes, type Member } from '../../../test/domain/tar.ts';
import { ImageTree } from './image-tree.ts';
import { blobPath, readLayer } from './read-layer.ts';
import { isFolder, leavesOf, type Folder, type Leaf, type Node } from './tree.ts';

const file = (path: string | Buffer, content = '', more: Partial<Member> = {}): Member => ({
  path,
  content,
  ...more,
});
const folder = (path: string, mode = 0o755, more: Partial<Member> = {}): Member => ({
  path: `${path}/`,
  mode,
  ...more,
});
const link = (path: string, to: string): Member => ({ path, link: to });
const hard = (path: string, to: string): Member => ({ path, link: to, flag: '1' });
const gone = (path: string): Member => file(path.replace(/[^/]*$/, '.wh.$&'));
const opaque = (path: string): Member => file(`${path}/.wh..wh..opq`);

/** Where there is one: a disk may take minutes to make and remove 100,000 files. */
const MEMORY = '/dev/shm';

const deep = Array.from({ length: 60 }, (_, index) => `folder-${index}`).join('/');

/** Each image is a list of layers. */
const IMAGES: Record<string, Member[][]> = {
  'files, owners, modes and links': [
    [
      folder('./', 0o711, { uid: 3, gid: 4 }),
      folder('etc', 0o750, { uid: 7, gid: 8 }),
      file('etc/passwd', 'root', { mode: 0o4755, uid: 70_000, gid: 9 }),
      link('etc/link', '../../absolute'),
      hard('etc/other', 'etc/passwd'),
      { path: 'dev/null', flag: '3', mode: 0o666 },
      { path: 'pipe', flag: '6', mode: 0o600 },
    ],
  ],
  'folders that no entry names': [[file('a/b/c/d', 'x'), folder('a/b', 0o700)]],
  'a folder that hands its group down to those that no entry names': [
    [folder('g', 0o2711, { gid: 7 }), file('g/a/b/c', 'x'), folder('g/named'), file('g/named/d/e')],
    [file('g/a/f/g', 'x')],
  ],
  'a changed file, a changed mode, a new file': [
    [folder('d'), file('d/a', 'one'), file('d/b', 'two')],
    [folder('d'), file('d/a', 'other one'), file('d/b', 'two', { mode: 0o600 }), file('d/c')],
  ],
  'whiteouts of a file, a link and a folder': [
    [folder('d'), file('d/a'), folder('d/e'), file('d/e/f'), file('keep'), link('l', 'd/e')],
    [gone('d/e'), gone('l'), gone('d/a'), gone('nothing'), gone('no/where')],
  ],
  'a folder that is whited out and comes back': [
    [folder('a', 0o700), file('a/x'), folder('a/s'), file('a/s/1')],
    [gone('a'), folder('a', 0o711), file('a/y')],
    [gone('a')],
    [file('a/z')],
  ],
  'a whiteout before what comes in its place': [
    [folder('a', 0o700), file('a/x'), file('f', 'old')],
    [gone('a'), file('a/y'), gone('f'), file('f', 'new one')],
  ],
  'a whiteout behind what comes in its place': [
    [folder('a', 0o700), file('a/x'), file('f', 'old')],
    [file('a/y'), gone('a'), file('f', 'new one'), gone('f')],
  ],
  'an opaque folder, marked before and after': [
    [folder('a'), file('a/x'), folder('a/s', 0o700), file('a/s/1'), folder('b'), file('b/x'), file('b/t/1')],
    [
      folder('a'),
      opaque('a'),
      file('a/y'),
      file('a/s/2'),
      folder('b', 0o700),
      file('b/y'),
      file('b/t/2'),
      opaque('b'),
    ],
  ],
  'an opaque root': [
    [file('a'), folder('b'), file('b/c')],
    [file('.wh..wh..opq'), file('d')],
  ],
  'files for folders and folders for files': [
    [folder('a'), file('a/x'), file('b'), folder('c'), file('c/y'), link('l', 'c'), folder('d'), file('d/z')],
    [
      file('a', '1'),
      folder('b', 0o711),
      file('b/in'),
      link('c', 'b'),
      folder('l', 0o700),
      { path: 'd', flag: '6' },
    ],
  ],
  'hard links to files of lower layers': [
    [file('a', 'xyz', { mode: 0o600, uid: 5 })],
    [hard('b', 'a'), hard('d/c', './b'), hard('e', '/../a')],
    [file('a', 'longer')],
    [gone('b')],
  ],
  'a hard link to a symlink, and one over a file': [
    [link('s', 'somewhere'), file('f', '1'), file('g', '22')],
    [hard('t', 's'), hard('f', 'g')],
  ],
  'links among the parents': [
    [
      folder('usr'),
      folder('usr/lib', 0o711),
      link('lib', 'usr/lib'),
      file('usr/keep', 'k'),
      link('abs', '/usr/../usr/lib'),
      link('up', '../../usr'),
    ],
    [file('lib/one', '1'), file('abs/two', '22'), file('up/lib/three', '333')],
    [gone('lib/one'), opaque('abs'), hard('four', 'up/keep')],
  ],
  'a link to nowhere among the parents': [[link('l', 'no/where')], [file('l/f', 'x')]],
  'paths that lead out': [
    [
      file('../../x', '1'),
      file('a/../y', '22'),
      file('/abs', '333'),
      file('.//d///e', '4444'),
      folder('d/.', 0o700),
    ],
  ],
  'the same path more than once': [
    [
      file('x', '1'),
      file('x', '333'),
      folder('d', 0o700),
      file('d/k'),
      folder('d', 0o711),
      folder('k'),
      file('k/u'),
      file('k', 'now a file'),
    ],
  ],
  'names that are no UTF-8, and others that are odd': [
    [
      file(Buffer.from([0x61, 0xff]), '1'),
      file(Buffer.from([0x61, 0xfe]), '22'),
      file('né €', '333'),
      file('<img src=x onerror=alert(1)>', '4'),
      file('line\nbreak', '5'),
      file('.whatever'),
      file(' '),
    ],
    [gone('né €'), file(Buffer.from([0x61, 0xff]), '55555')],
  ],
  'deep and long paths': [
    [file(`${deep}/file`, 'x'), file(`long/${'n'.repeat(255)}`, 'y')],
    [gone(`${deep}/file`), file(`${deep}/other`, 'xx')],
  ],
};

describe('the merged tree is what umoci unpacks', () => {
  let work: string;
  beforeEach(() => {
    work = mkdtempSync(join(existsSync(MEMORY) ? MEMORY : tmpdir(), 'berth-umoci-'));
  });
  afterEach(() => rmSync(work, { recursive: true, force: true }));

  it.each(Object.entries(IMAGES))('%s', async (_, image) => {
    const layers = image.map((members, index) => {
      const bytes = tarBytes(members);
      return index % 2 === 0 ? gzipSync(bytes) : bytes;
    });
    const tree = await readLayers(work, layers);
    expect(lines(tree)).toEqual(unpack(join(work, 'layout'), 'x', join(work, 'bundle')));
    requireSound(tree);
  });

  it('100,000 files in 1,000 folders, and a layer that replaces a part of them', async () => {
    const base = Array.from({ length: 100_000 }, (_, index) =>
      file(`d${index % 1000}/f${index}`, `${index}`),
    );
    const top = [
      ...Array.from({ length: 300 }, (_, index) => gone(`d${index}`)),
      ...Array.from({ length: 5000 }, (_, index) => file(`d${index % 1000}/f${index}`, 'changed')),
    ];
    const tree = await readLayers(work, [gzipSync(tarBytes(base), { level: 1 }), tarBytes(top)]);
    expect(lines(tree)).toEqual(unpack(join(work, 'layout'), 'x', join(work, 'bundle')));
    requireSound(tree);
  }, 300_000);
});

describe('what aufs kept for itself at the root', () => {
  const tree = async (layers: Member[][]): Promise<ImageTree> => {
    const work = mkdtempSync(join(tmpdir(), 'berth-aufs-'));
    try {
      return await readLayers(
        work,
        layers.map((members) => tarBytes(members)),
      );
    } finally {
      rmSync(work, { recursive: true, force: true });
    }
  };
  const aufs = [
    folder('.wh..wh.plnk'),
    file('.wh..wh.plnk/12.3', 'content', { mode: 0o640, uid: 7 }),
    file('.wh..wh.plnk/unused', 'u'),
    file('.wh..wh.aufs'),
    folder('.wh..wh.orph'),
  ];

  it('is not shown, as docker and containerd have it, but for what links name', async () => {
    const own = [...aufs, folder('d'), hard('d/a', '.wh..wh.plnk/12.3'), hard('b', './.wh..wh.plnk/12.3')];
    const merged = await tree([own]);
    expect(lines(merged)).toEqual(['d 755 0:0 0 d -> ', 'f 640 7:0 7 b -> ', 'f 640 7:0 7 d/a -> ']);
    requireSound(merged);
    expect(merged.layers[0]).toMatchObject({ size: 8, wasted: 1, added: 3 });
  });

  it('belongs to its layer alone', async () => {
    const merged = await tree([aufs, [hard('a', '.wh..wh.plnk/12.3'), file('.wh..wh.plnk/12.3', 'own one')]]);
    expect(lines(merged)).toEqual(['? 644 0:0 0 a -> .wh..wh.plnk/12.3']);
    requireSound(merged);
  });

  it('stays what it is when its names go one by one', async () => {
    const merged = await tree([
      [...aufs, hard('a', '.wh..wh.plnk/12.3'), hard('b', '.wh..wh.plnk/12.3')],
      [gone('a')],
      [gone('b')],
    ]);
    expect(merged.roots.map(({ bytes }) => bytes)).toEqual([7, 7, 0]);
    requireSound(merged);
  });
});

async function readLayers(work: string, layers: readonly Buffer[]): Promise<ImageTree> {
  const layout = join(work, 'layout');
  const tree = new ImageTree();
  for (const digest of writeImage(layout, layers)) {
    const path = blobPath(join(layout, 'blobs'), digest);
    const { listing } = await readLayer(path, digest, new AbortController().signal, () => undefined);
    expect(listing.problem).toBeNull();
    await tree.add(listing);
  }
  return tree;
}

function lines(tree: ImageTree): string[] {
  const root = tree.roots.at(-1);
  return root === undefined ? [] : [...nodes(root, '')].map(([path, node]) => line(path, node)).sort();
}

function* nodes(root: Folder, path: string): Generator<[string, Node]> {
  for (const [name, node] of root.children) {
    yield [path + name, node];
    if (isFolder(node)) yield* nodes(node, `${path}${name}/`);
  }
}

const LETTERS: Readonly<Record<string, string>> = {
  file: 'f',
  folder: 'd',
  symlink: 'l',
  fifo: 'p',
  device: 'c',
  hardlink: '?',
};

function line(path: string, node: Node): string {
  const { kind, target } = isFolder(node) ? { kind: node.kind, target: '' } : (node.inode ?? node);
  const mode = (kind === 'symlink' ? 0o777 : node.mode).toString(8);
  const size = kind === 'file' && !isFolder(node) ? node.size : 0;
  return `${LETTERS[kind]} ${mode} ${node.uid}:${node.gid} ${size} ${path} -> ${target}`;
}

/** Whatever the layers did, each byte of a layer is shown or wasted, and the sums agree with a count of one by one. */
function requireSound(tree: ImageTree): void {
  const root = tree.roots.at(-1);
  if (root === undefined) return;
  const held = new Set<Leaf>();
  let [entries, bytes] = [0, 0];
  for (const _ of nodes(root, '')) entries += 1;
  for (const [leaf] of leavesOf(root)) {
    const inode = leaf.inode ?? leaf;
    if (inode.kind === 'file' && !held.has(inode)) bytes += inode.size;
    held.add(inode);
  }
  expect([root.entries, root.bytes]).toEqual([entries, bytes]);
  const sum = tree.layers.reduce((total, { size, wasted }) => total + size - wasted, 0);
  expect(sum).toBe(root.bytes);
  const net = tree.layers.reduce((total, { added, removed }) => total + added - removed, 0);
  expect(net).toBe(root.entries);
}
