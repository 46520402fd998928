import { createHash } from 'node:crypto';

export const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
export const INDEX = 'application/vnd.oci.image.index.v1+json';
const CONFIG = 'application/vnd.oci.image.config.v1+json';
const LAYER = 'application/vnd.oci.image.layer.v1.tar';
const EMPTY = 'application/vnd.oci.empty.v1+json';

/**
 * @typedef {{ digest: string, size: number, mediaType: string, bytes: Buffer }} Blob
 * @typedef {Blob & { blobs: Blob[], children: Image[], subject?: string }} Image a manifest or an index,
 *   and what has to be there before it
 */

export function digestOf(bytes, algorithm = 'sha256') {
  return `${algorithm}:${createHash(algorithm).update(bytes).digest('hex')}`;
}

/** All content of one life, made from its seed: what a client pulls is compared with what is here. */
export class Contents {
  /** @type {Map<string, Image>} */
  images = new Map();
  /** Layers that several images share. @type {Blob[]} */
  layers = [];
  /** A few images that are pushed and deleted over and over. @type {Image[]} */
  wellKnown = [];

  /** @param {import('./random.mjs').Random} random */
  constructor(random) {
    for (const size of [1, 700, 4096, 20_000, 300_000]) this.layers.push(blob(LAYER, random.bytes(size)));
    this.layers.push(blob(LAYER, random.bytes(3000), 'sha512'));
    const common = blob(LAYER, random.bytes(9000));
    for (const name of ['one', 'two', 'three']) {
      const config = blob(CONFIG, Buffer.from(JSON.stringify({ os: 'linux', architecture: 'amd64', name })));
      const layers = [common, blob(LAYER, random.bytes(random.between(1, 80_000)))];
      this.wellKnown.push(this.#manifest({ config, layers }));
    }
  }

  /** An image of one platform, with layers that others have, too, and sometimes one of its own. */
  image(random, label) {
    const layers = [random.pick(this.layers), random.pick(this.layers)];
    if (random.chance(0.5)) {
      const size = random.chance(0.1) ? random.between(500_000, 1_500_000) : random.between(1, 60_000);
      const own = blob(LAYER, random.bytes(size), random.chance(0.15) ? 'sha512' : 'sha256');
      layers.push(own);
      if (this.layers.length < 20) this.layers.push(own);
    }
    const config = blob(CONFIG, Buffer.from(JSON.stringify({ os: 'linux', architecture: 'amd64', label })));
    return this.#manifest({ config, layers });
  }

  /** One of two platforms. */
  index(random, label) {
    const children = [this.image(random, `${label}-amd64`), this.image(random, `${label}-arm64`)];
    const manifests = children.map((child, at) => ({
      ...descriptor(child),
      platform: { os: 'linux', architecture: at === 0 ? 'amd64' : 'arm64' },
    }));
    return this.#add(INDEX, { schemaVersion: 2, mediaType: INDEX, manifests }, { blobs: [], children });
  }

  /** A signature, say: it refers to an image that is there. */
  artifact(random, label, subject) {
    const config = blob(EMPTY, Buffer.from('{}'));
    const layers = [blob('application/x-note', Buffer.from(`note ${label}`))];
    return this.#manifest({ config, layers, subject, artifactType: 'application/x-note' });
  }

  #manifest({ config, layers, subject, artifactType }) {
    const unique = [...new Map(layers.map((layer) => [layer.digest, layer])).values()];
    const value = {
      schemaVersion: 2,
      mediaType: MANIFEST,
      ...(artifactType === undefined ? {} : { artifactType }),
      config: descriptor(config),
      layers: unique.map(descriptor),
      ...(subject === undefined ? {} : { subject: descriptor(subject) }),
    };
    const below = { blobs: [config, ...unique], children: [] };
    return this.#add(MANIFEST, value, subject === undefined ? below : { ...below, subject: subject.digest });
  }

  #add(mediaType, value, below) {
    const image = { ...blob(mediaType, Buffer.from(JSON.stringify(value))), ...below };
    this.images.set(image.digest, image);
    return image;
  }
}

function blob(mediaType, bytes, algorithm = 'sha256') {
  return { mediaType, digest: digestOf(bytes, algorithm), size: bytes.length, bytes };
}

function descriptor({ mediaType, digest, size }) {
  return { mediaType, digest, size };
}
