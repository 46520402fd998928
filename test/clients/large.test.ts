import { createCipheriv, createHash, randomBytes } from 'node:crypto';
import { createReadStream, createWriteStream, renameSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startBerth, type Berth } from './berth.ts';
import { containersEnv } from './containers.ts';
import { descriptor, imageOf, LAYER, MANIFEST, jsonContent, writeLayout, type Descriptor } from './image.ts';
import { run } from './run.ts';
import { describeWith } from './tools.ts';
import { createWorkspace } from './workspace.ts';

const MIB = 1024 * 1024;
const SIZE = process.env['BERTH_LARGE'] === '1' ? 4096 * MIB + 1 : 256 * MIB + 1;
const TIMEOUT_MS = 600_000;

describeWith(['skopeo'], `a layer of ${Math.round(SIZE / MIB)} MiB`, () => {
  const workspace = createWorkspace('large');
  const small = imageOf();
  const layout = writeLayout(workspace.folder('layout'), { small });
  let berth: Berth;
  let layer: Descriptor;

  beforeAll(async () => {
    berth = await startBerth();
    layer = await writeRandomBlob(layout, SIZE);
    const { config } = small;
    const layers = [layer];
    const manifest = jsonContent(MANIFEST, {
      schemaVersion: 2,
      mediaType: MANIFEST,
      config: descriptor(config),
      layers,
    });
    writeLayout(layout, { large: { ...manifest, blobs: [config], children: [] } });
  }, TIMEOUT_MS);
  afterAll(async () => {
    await berth.dispose();
    workspace.remove();
  });

  it('is pushed and pulled in flat memory and comes back whole', { timeout: TIMEOUT_MS }, async () => {
    const env = containersEnv(workspace, [berth.host]);
    const options = { env, timeoutMs: TIMEOUT_MS };
    const before = berth.memory().now;
    const flags = ['--insecure-policy', 'copy', '--preserve-digests'];
    const remote = `docker://${berth.host}/large:v1`;
    await run('skopeo', [...flags, '--dest-tls-verify=false', `oci:${layout}:large`, remote], options);
    const pulled = workspace.folder('pulled');
    await run('skopeo', [...flags, '--src-tls-verify=false', remote, `oci:${pulled}:large`], options);
    expect(await digestOfFile(join(pulled, 'blobs', layer.digest.replace(':', '/')))).toBe(layer.digest);
    const grown = berth.memory().highest - before;
    expect(grown, `${Math.round(grown / MIB)} MiB more than before`).toBeLessThan(100 * MIB);
  });
});

/** Streams random bytes into a layout under their digest. */
async function writeRandomBlob(layout: string, size: number): Promise<Descriptor> {
  const cipher = createCipheriv('aes-128-ctr', randomBytes(16), randomBytes(16));
  const zeros = Buffer.alloc(MIB);
  const hash = createHash('sha256');
  function* chunks(): Generator<Buffer> {
    for (let left = size; left > 0; left -= MIB) {
      const chunk = cipher.update(zeros.subarray(0, Math.min(left, MIB)));
      hash.update(chunk);
      yield chunk;
    }
  }
  const written = join(layout, 'random');
  await pipeline(Readable.from(chunks()), createWriteStream(written));
  const hex = hash.digest('hex');
  renameSync(written, join(layout, 'blobs/sha256', hex));
  return { mediaType: LAYER, digest: `sha256:${hex}`, size };
}

async function digestOfFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path, { highWaterMark: MIB }), hash);
  return `sha256:${hash.digest('hex')}`;
}
