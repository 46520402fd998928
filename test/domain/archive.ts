import { createHash } from 'node:crypto';
import type { ByteSource } from '../../registry/blobs/receive.ts';
import { TAR_END, tarHeader, tarPadding } from '../../registry/images/tar/tar-writer.ts';
import { CONFIG, contentsOf, descriptor, type Image } from '../clients/image.ts';

/** An entry of an archive that a test makes by hand. */
export interface ArchiveFile {
  readonly name: string;
  readonly content?: Buffer | string;
  /** What a link points at. */
  readonly link?: string;
  /** `0` a file, `1` a hard link, `2` a symlink, and so on. */
  readonly type?: string;
  /** Another size than the content's. */
  readonly size?: number;
}

/** A tar of whatever a test likes, be it right or wrong. */
export function archiveOf(files: readonly ArchiveFile[], end = TAR_END): Buffer {
  return Buffer.concat([...files.map(entryOf), end]);
}

function entryOf({ name, content = '', link, type, size }: ArchiveFile): Buffer {
  const bytes = Buffer.from(content);
  const whole = tarHeader(name, size ?? bytes.length);
  const header = whole.subarray(whole.length - 512);
  header.write(type ?? (link === undefined ? '0' : '2'), 156);
  header.write(link ?? '', 157);
  header.fill(' ', 148, 156);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return Buffer.concat([whole, bytes, tarPadding(bytes.length)]);
}

export function sha256(bytes: Buffer | string): `sha256:${string}` {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

/** A layer of one file: a tar, as `docker save` has it. */
export function plainLayer(name: string, bytes = 2000): Buffer {
  return archiveOf([{ name, content: Buffer.alloc(bytes, `${name} `) }]);
}

export interface DockerImage {
  readonly names: readonly string[] | null;
  readonly layers: readonly Buffer[];
  /** What the config says they are, if it is not so. */
  readonly diffIds?: readonly string[];
}

export function configOf({ layers, diffIds = layers.map(sha256) }: DockerImage): Buffer {
  const rootfs = { type: 'layers', diff_ids: diffIds };
  return Buffer.from(JSON.stringify({ architecture: 'arm64', os: 'linux', variant: 'v8', rootfs }));
}

/** As Docker wrote it from 1.10 on: a folder for each layer, repeated ones as links, the list last. */
export function oldDockerFiles(images: readonly DockerImage[]): ArchiveFile[] {
  const files: ArchiveFile[] = [];
  const folders = new Map<string, string>();
  const list = images.map((image) => {
    const paths = image.layers.map((layer) => {
      const folder = sha256(`v1 id ${files.length}`).slice(7);
      const before = folders.get(sha256(layer));
      files.push({ name: `${folder}/`, type: '5' }, { name: `${folder}/VERSION`, content: '1.0' });
      files.push({ name: `${folder}/json`, content: '{}' });
      files.push(
        before === undefined
          ? { name: `${folder}/layer.tar`, content: layer }
          : { name: `${folder}/layer.tar`, link: `../${before}/layer.tar` },
      );
      folders.set(sha256(layer), before ?? folder);
      return `${folder}/layer.tar`;
    });
    const config = configOf(image);
    const name = `${sha256(config).slice(7)}.json`;
    files.push({ name, content: config });
    return { Config: name, RepoTags: image.names, Layers: paths };
  });
  files.push({ name: 'manifest.json', content: JSON.stringify(list) });
  files.push({ name: 'repositories', content: '{}' });
  return files;
}

/** As Docker writes it from 25 on: an OCI layout of layers as they are, and the old list beside it. */
export function newDockerFiles(images: readonly DockerImage[]): ArchiveFile[] {
  const blobs = new Map<string, Buffer>();
  const add = (mediaType: string, bytes: Buffer) => {
    blobs.set(`blobs/sha256/${sha256(bytes).slice(7)}`, bytes);
    return { mediaType, digest: sha256(bytes), size: bytes.length };
  };
  const list: object[] = [];
  const manifests = images.flatMap((image) => {
    const config = add(CONFIG, configOf(image));
    const layers = image.layers.map((layer) => add('application/vnd.oci.image.layer.v1.tar', layer));
    const mediaType = 'application/vnd.oci.image.manifest.v1+json';
    const manifest = add(
      mediaType,
      Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, config, layers })),
    );
    const path = ({ digest }: { digest: string }): string => `blobs/${digest.replace(':', '/')}`;
    list.push({ Config: path(config), RepoTags: image.names, Layers: layers.map(path) });
    return (image.names ?? []).map((name) => {
      const annotations = {
        'io.containerd.image.name': `docker.io/library/${name}`,
        'org.opencontainers.image.ref.name': name.replace(/^.*:/, ''),
      };
      return Object.assign({ annotations }, manifest);
    });
  });
  return [
    { name: 'blobs/', type: '5' },
    { name: 'blobs/sha256/', type: '5' },
    ...[...blobs].map(([name, content]) => ({ name, content })),
    { name: 'index.json', content: JSON.stringify({ schemaVersion: 2, manifests }) },
    { name: 'manifest.json', content: JSON.stringify(list) },
    { name: 'oci-layout', content: '{"imageLayoutVersion":"1.0.0"}' },
  ];
}

/** An OCI layout whose images have these annotations. */
export function layoutFiles(
  images: readonly { readonly image: Image; readonly annotations?: Record<string, string> }[],
): ArchiveFile[] {
  const blobs = new Map(
    images.flatMap(({ image }) =>
      contentsOf(image).map(({ digest, bytes }) => [`blobs/${digest.replace(':', '/')}`, bytes] as const),
    ),
  );
  const manifests = images.map(({ image, annotations }) => ({
    ...descriptor(image),
    ...(annotations === undefined ? {} : { annotations }),
  }));
  return [
    { name: 'index.json', content: JSON.stringify({ schemaVersion: 2, manifests }) },
    ...[...blobs].map(([name, content]) => ({ name, content })),
    { name: 'oci-layout', content: '{"imageLayoutVersion":"1.0.0"}' },
  ];
}

/** What a request brings, in chunks of an awkward length. */
export function bodyOf(bytes: Buffer, chunk = 4093): ByteSource {
  return {
    length: bytes.length,
    async consume(onChunk, stop) {
      for (let start = 0; start < bytes.length; start += chunk) {
        stop.throwIfAborted();
        onChunk(Buffer.from(bytes.subarray(start, start + chunk)));
        await new Promise((resolve) => setImmediate(resolve));
      }
      stop.throwIfAborted();
    },
    pause: () => undefined,
    resume: () => undefined,
  };
}
