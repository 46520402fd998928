import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeFolder, removeUnfinished, replaceFile } from '../../disk/files.ts';
import { isDigest, type Digest } from '../../reference.ts';

export interface CompressedLayer {
  readonly digest: Digest;
  readonly size: number;
}

/** Some 200 bytes each. */
const REMEMBERED = 5000;

/**
 * Which compressed layer has which bytes in it (`diffID -> digest`), as this registry has seen for itself: what was
 * compressed or unpacked once need not be again. `cache/compressed-layers`, a line each; may be removed at any time.
 */
export class CompressedLayers {
  readonly #path: string;
  #layers: Map<Digest, CompressedLayer> | undefined;
  #saving: Promise<void> = Promise.resolve();

  private constructor(path: string) {
    this.#path = path;
  }

  static async open(dataFolder: string): Promise<CompressedLayers> {
    const folder = join(dataFolder, 'cache');
    await makeFolder(folder);
    await removeUnfinished(folder);
    return new CompressedLayers(join(folder, 'compressed-layers'));
  }

  async find(diffId: Digest): Promise<CompressedLayer | undefined> {
    return (await this.#read()).get(diffId);
  }

  async add(diffId: Digest, { digest, size }: CompressedLayer): Promise<void> {
    const layers = await this.#read();
    layers.delete(diffId);
    layers.set(diffId, { digest, size });
    const [oldest] = layers.keys();
    if (layers.size > REMEMBERED && oldest !== undefined) layers.delete(oldest);
  }

  /** A cache that could not be written is one that is made again. */
  async save(): Promise<void> {
    const before = this.#saving;
    this.#saving = (async (): Promise<void> => {
      await before;
      await this.#write().catch(() => undefined);
    })();
    await this.#saving;
  }

  async #write(): Promise<void> {
    const lines = [...(this.#layers ?? [])].map(([diffId, layer]) => `${formatLine(diffId, layer)}\n`);
    await replaceFile(this.#path, [lines.join('')]);
  }

  async #read(): Promise<Map<Digest, CompressedLayer>> {
    if (this.#layers !== undefined) return this.#layers;
    const text = await readFile(this.#path, 'utf8').catch(() => '');
    const read = new Map<Digest, CompressedLayer>();
    for (const line of text.split('\n')) {
      const [diffId = '', digest = '', size = ''] = line.split(' ');
      if (!isDigest(diffId) || !isDigest(digest)) continue;
      const layer = { digest, size: Number(size) };
      // A wrong one would make an image of other layers.
      if (line === formatLine(diffId, layer)) read.set(diffId, layer);
    }
    return (this.#layers ??= read);
  }
}

function formatLine(diffId: Digest, { digest, size }: CompressedLayer): string {
  const line = `${diffId} ${digest} ${size}`;
  return `${line} ${createHash('sha256').update(line).digest('hex').slice(0, 16)}`;
}
