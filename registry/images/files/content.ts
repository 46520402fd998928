import { RegistryError } from '../../error.ts';
import { decompress } from '../tar/decompress.ts';
import { textOf } from '../tar/tar-reader.ts';
import type { Conversation } from './conversation.ts';
import type { ImageTree } from './image-tree.ts';
import type { FileHead, LayerSource } from './protocol.ts';
import { BlobBytes, blobPath, isTooLong, layerEntries } from './read-layer.ts';
import { isFolder } from './tree.ts';
import { View } from './view.ts';

/** Larger parts are but slower to cross from one thread to the other. */
const PART_BYTES = 256 << 10;

/**
 * Sends one file of an image: first what it is, then its bytes, out of the layer as it streams by.
 *
 * @throws RegistryError NOT_FOUND, REQUEST_INVALID if it is no file
 */
export async function readContent(
  tree: ImageTree,
  { layers, layer, path }: { layers: readonly LayerSource[]; layer: number; path: string },
  blobs: string,
  conversation: Conversation,
): Promise<void> {
  const node = new View(tree, layer, 'merged').leaf(path);
  const file = isFolder(node) ? undefined : (node.inode ?? node);
  const source = file === undefined ? undefined : layers[file.layer];
  if (file?.kind !== 'file' || source === undefined) {
    throw new RegistryError('REQUEST_INVALID', `${path.slice(0, 300)} is no file.`);
  }
  const name = path.slice(path.lastIndexOf('/') + 1);
  const blob = new BlobBytes(blobPath(blobs, source.digest), source.digest, conversation.signal, () => {});
  try {
    let index = 0;
    for await (const entry of layerEntries(decompress(blob.read()))) {
      if (isTooLong(entry)) continue;
      if (index === file.index) {
        const head: FileHead = { name: textOf(name), size: entry.size };
        await conversation.part(head);
        return await send(entry.readFilled(), conversation);
      }
      index += 1;
    }
    throw new RegistryError('NOT_FOUND', `${path.slice(0, 300)} is not in its layer any more.`);
  } finally {
    await blob.close();
  }
}

async function send(content: AsyncIterable<Buffer>, conversation: Conversation): Promise<void> {
  for await (const chunk of content) {
    for (let at = 0; at < chunk.length; at += PART_BYTES) {
      // A copy of its own: a part of a larger buffer would take all of it along.
      await conversation.part(new Uint8Array(chunk.subarray(at, at + PART_BYTES)));
    }
  }
}
