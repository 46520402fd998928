import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { tar, type TarFile } from './tar.ts';

export const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
export const INDEX = 'application/vnd.oci.image.index.v1+json';
export const CONFIG = 'application/vnd.oci.image.config.v1+json';
export const LAYER = 'application/vnd.oci.image.layer.v1.tar';
export const GZIP_LAYER = 'application/vnd.oci.image.layer.v1.tar+gzip';
export const EMPTY = 'application/vnd.oci.empty.v1+json';
export const DOCKER_MANIFEST = 'application/vnd.docker.distribution.manifest.v2+json';
export const DOCKER_INDEX = 'application/vnd.docker.distribution.manifest.list.v2+json';

export interface Platform {
  os: string;
  architecture: string;
}

export interface Descriptor {
  mediaType: string;
  digest: string;
  size: number;
  platform?: Platform;
  artifactType?: string;
  annotations?: Record<string, string>;
}

/** Bytes with the descriptor that names them. */
export interface Content extends Descriptor {
  bytes: Buffer;
}

/** A manifest or index, and all that has to be pushed before it, in order. */
export interface Image extends Content {
  blobs: Content[];
  children: Image[];
}

/** An image of one platform: `blobs` are its config and its layers. */
export interface PlatformImage extends Image {
  config: Content;
}

export function digestOf(bytes: Uint8Array, algorithm: 'sha256' | 'sha512' = 'sha256'): string {
  return `${algorithm}:${createHash(algorithm).update(bytes).digest('hex')}`;
}

export function content(mediaType: string, bytes: Buffer): Content {
  return { mediaType, digest: digestOf(bytes), size: bytes.length, bytes };
}

export function jsonContent(mediaType: string, value: unknown): Content {
  return content(mediaType, Buffer.from(JSON.stringify(value)));
}

export function randomBlob(size = 1024): Content {
  return content('application/octet-stream', randomBytes(size));
}

interface Layer extends Content {
  diffId: string;
}

export function layerOf(files: TarFile[]): Layer {
  const plain = tar(files);
  return { ...content(GZIP_LAYER, gzipSync(plain, { level: 1 })), diffId: digestOf(plain) };
}

/** A layer of one file that does not compress, so its size is about that of the file. */
export function randomLayer(size = 64 * 1024): Layer {
  return layerOf([{ name: `data/${randomBytes(6).toString('hex')}`, content: randomBytes(size) }]);
}

/** A layer from which a container can run: a shell that links to nothing, from Debian's busybox-static. */
export function busyboxLayer(): Layer {
  const busybox = readFileSync('/bin/busybox');
  return layerOf([
    { name: 'bin/', mode: 0o755 },
    { name: 'bin/busybox', content: busybox, mode: 0o755 },
    ...['sh', 'cat', 'echo', 'ls'].map((name) => ({ name: `bin/${name}`, link: 'busybox' })),
    { name: 'etc/' },
    { name: 'etc/passwd', content: Buffer.from('root:x:0:0:root:/:/bin/sh\n') },
    { name: 'tmp/', mode: 0o777 },
  ]);
}

export interface ImageOptions {
  layers?: Layer[];
  platform?: Platform;
  annotations?: Record<string, string>;
  /** Leave the manifest's own mediaType out, as umoci does. */
  untyped?: boolean;
}

// Node's name of this processor, in Go's words: what the clients ask for.
const HERE: Platform = { os: 'linux', architecture: process.arch === 'x64' ? 'amd64' : process.arch };

export function imageOf(options: ImageOptions = {}): PlatformImage {
  const layers = options.layers ?? [randomLayer()];
  const platform = options.platform ?? HERE;
  const config = jsonContent(CONFIG, {
    ...platform,
    config: { Cmd: ['/bin/sh'], Env: ['PATH=/bin'] },
    rootfs: { type: 'layers', diff_ids: layers.map(({ diffId }) => diffId) },
    history: layers.map(() => ({ created_by: 'a test' })),
  });
  const manifest = jsonContent(MANIFEST, {
    schemaVersion: 2,
    ...(options.untyped ? {} : { mediaType: MANIFEST }),
    config: descriptor(config),
    layers: layers.map(descriptor),
    ...(options.annotations && { annotations: options.annotations }),
  });
  return { ...manifest, platform, config, blobs: [config, ...layers], children: [] };
}

export function indexOf(children: Image[]): Image {
  const manifests = children.map((child) => ({ ...descriptor(child), platform: child.platform }));
  const index = jsonContent(INDEX, { schemaVersion: 2, mediaType: INDEX, manifests });
  return { ...index, blobs: [], children };
}

/** One image for each of three platforms, so that no client finds its own and leaves the others out. */
export function multiPlatformImage(): Image {
  const platforms = ['amd64', 'arm64', 's390x'].map((architecture) => ({ os: 'linux', architecture }));
  return indexOf(platforms.map((platform) => imageOf({ platform })));
}

export interface ArtifactOptions {
  artifactType: string;
  subject?: Descriptor;
  annotations?: Record<string, string>;
}

export function artifactOf(options: ArtifactOptions): Image {
  const config = content(EMPTY, Buffer.from('{}'));
  const layer = { ...randomBlob(256), mediaType: 'text/plain' };
  const manifest = jsonContent(MANIFEST, {
    schemaVersion: 2,
    mediaType: MANIFEST,
    artifactType: options.artifactType,
    config: descriptor(config),
    layers: [descriptor(layer)],
    ...(options.subject && { subject: descriptor(options.subject) }),
    ...(options.annotations && { annotations: options.annotations }),
  });
  return { ...manifest, artifactType: options.artifactType, blobs: [config, layer], children: [] };
}

export function descriptor({ mediaType, digest, size }: Descriptor): Descriptor {
  return { mediaType, digest, size };
}

/** Writes an OCI image layout that the clients read as `oci:FOLDER:TAG`. */
export function writeLayout(folder: string, images: Record<string, Image>): string {
  mkdirSync(join(folder, 'blobs/sha256'), { recursive: true });
  const write = (image: Image): void => {
    image.children.forEach(write);
    for (const { digest, bytes } of [...image.blobs, image]) {
      writeFileSync(join(folder, 'blobs', digest.replace(':', '/')), bytes);
    }
  };
  Object.values(images).forEach(write);
  const manifests = Object.entries(images).map(([tag, image]) =>
    Object.assign(descriptor(image), { annotations: { 'org.opencontainers.image.ref.name': tag } }),
  );
  writeFileSync(join(folder, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
  writeFileSync(join(folder, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests }));
  return folder;
}

/** Every descriptor's bytes below an image: blobs, children and the manifest itself. */
export function contentsOf(image: Image): Content[] {
  return [...image.children.flatMap(contentsOf), ...image.blobs, image];
}
