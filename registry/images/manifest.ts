import type { Descriptor, ManifestEntry } from '../catalog/operation.ts';
import { RegistryError } from '../error.ts';
import { isDigest, type Digest } from '../reference.ts';
import { DOCKER_MANIFEST, isIndexType, isManifestType, OCI_INDEX, OCI_MANIFEST } from './media-types.ts';

/** Bytes. The least that a registry must take; containers/image reads no more than this either. */
export const LARGEST_MANIFEST = 4 << 20;

type Fields = Readonly<Record<string, unknown>>;

/**
 * Reads what the catalog needs out of a manifest. Fields that Berth does not know are left alone: the
 * bytes are stored as they came.
 *
 * @param contentType the type that the client declared, if it did
 * @throws RegistryError MANIFEST_INVALID naming the field
 */
export function parseManifest(digest: Digest, content: Buffer, contentType?: string): ManifestEntry {
  const fields = parseObject(content);
  const mediaType = mediaTypeOf(fields, contentType);
  if (fields['schemaVersion'] !== 2) {
    throw invalid('schemaVersion', 'must be 2; push the image again with a client made since 2016');
  }
  const entry = { digest, size: content.length, mediaType };
  const parts = isIndexType(mediaType) ? indexParts(fields) : imageParts(fields);
  return { ...entry, ...parts, ...attachment(fields, parts.config) };
}

function parseObject(content: Buffer): Fields {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(content));
  } catch (error) {
    throw new RegistryError('MANIFEST_INVALID', 'The manifest is not JSON.', { cause: error });
  }
  if (isObject(value)) return value;
  throw new RegistryError('MANIFEST_INVALID', 'The manifest is not a JSON object.');
}

/** Header and content must agree where both speak; umoci and older tools leave `mediaType` out. */
function mediaTypeOf(fields: Fields, contentType: string | undefined): string {
  const declared = contentType?.split(';')[0]?.trim().toLowerCase();
  const own = fields['mediaType'];
  if (own !== undefined && typeof own !== 'string') throw invalid('mediaType', 'must be a string');
  if (own !== undefined && declared !== undefined && own !== declared) {
    const [called, says] = [declared, own].map((each) => JSON.stringify(each.slice(0, 100)));
    throw new RegistryError(
      'MANIFEST_INVALID',
      `The manifest is called ${called}, and itself it says ${says}.`,
      {
        detail: { contentType: declared, mediaType: own },
      },
    );
  }
  const mediaType = declared ?? own ?? sniff(fields);
  if (isManifestType(mediaType)) return mediaType;
  throw new RegistryError('MANIFEST_INVALID', 'This is not a media type of a manifest.', {
    detail: { mediaType, expected: [OCI_MANIFEST, OCI_INDEX, DOCKER_MANIFEST, 'and Docker manifest lists'] },
  });
}

function sniff(fields: Fields): string {
  return Array.isArray(fields['manifests']) ? OCI_INDEX : OCI_MANIFEST;
}

type Parts = Pick<ManifestEntry, 'config' | 'layers' | 'manifests'>;

function imageParts(fields: Fields): Parts {
  if (fields['manifests'] !== undefined) throw invalid('manifests', 'belongs in an index, not in an image');
  return {
    config: parseDescriptor(fields['config'], 'config'),
    // Go writes a list of no layers as null.
    layers: fields['layers'] === null ? [] : parseDescriptors(fields['layers'], 'layers'),
  };
}

/** A build cache may be an index whose entries are layers and a config: those are blobs. */
function indexParts(fields: Fields): Parts {
  if (fields['layers'] !== undefined) throw invalid('layers', 'belongs in an image, not in an index');
  const listed = parseDescriptors(fields['manifests'], 'manifests');
  const layers = listed.filter(({ mediaType }) => !isManifestType(mediaType));
  const manifests = listed.filter(({ mediaType }) => isManifestType(mediaType));
  return layers.length > 0 ? { layers, manifests } : { manifests };
}

/** What a list of referrers shows; OCI Distribution Spec 1.1, "Listing Referrers". */
function attachment(
  fields: Fields,
  config: Descriptor | undefined,
): Pick<ManifestEntry, 'subject' | 'artifactType' | 'annotations'> {
  const type = fields['artifactType'];
  if (type !== undefined && typeof type !== 'string') throw invalid('artifactType', 'must be a string');
  const own = type === undefined || type === '' ? {} : { artifactType: type };
  if (fields['subject'] === undefined || fields['subject'] === null) return own;
  const { digest } = parseDescriptor(fields['subject'], 'subject');
  const annotations = parseAnnotations(fields['annotations']);
  return {
    ...(config === undefined ? {} : { artifactType: config.mediaType }),
    ...own,
    subject: digest,
    ...(annotations === undefined ? {} : { annotations }),
  };
}

/** A referrer as an index of referrers lists it. */
export interface ReferrerDescriptor extends Descriptor {
  readonly artifactType?: string;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** The entries of an index that a client kept as its list of referrers. */
export function parseReferrers(content: Buffer): ReferrerDescriptor[] {
  const { manifests } = parseObject(content);
  if (!Array.isArray(manifests)) return [];
  return manifests.map((entry: unknown, index) => parseReferrer(entry, `manifests[${index}]`));
}

function parseReferrer(entry: unknown, field: string): ReferrerDescriptor {
  const descriptor = parseDescriptor(entry, field);
  const { artifactType, annotations } = entry as Fields;
  return {
    ...descriptor,
    ...(typeof artifactType === 'string' ? { artifactType } : {}),
    ...(isAnnotations(annotations) ? { annotations } : {}),
  };
}

function isAnnotations(value: unknown): value is Record<string, string> {
  return isObject(value) && Object.values(value).every((each) => typeof each === 'string');
}

function parseAnnotations(value: unknown): Record<string, string> | undefined {
  if (value === undefined || value === null) return undefined;
  if (isAnnotations(value)) return value;
  throw invalid('annotations', 'must be an object of strings');
}

function parseDescriptors(value: unknown, field: string): Descriptor[] {
  if (!Array.isArray(value)) throw invalid(field, 'must be a list of descriptors');
  return value.map((each, index) => parseDescriptor(each, `${field}[${index}]`));
}

function parseDescriptor(value: unknown, field: string): Descriptor {
  if (!isObject(value)) throw invalid(field, 'must be a descriptor');
  const { mediaType, digest, size } = value;
  if (typeof mediaType !== 'string') throw invalid(`${field}.mediaType`, 'must be a string');
  if (typeof digest !== 'string' || !isDigest(digest)) {
    throw invalid(`${field}.digest`, 'must be a sha256 or sha512 digest');
  }
  if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0) {
    throw invalid(`${field}.size`, 'must be a number of bytes');
  }
  return { mediaType, digest, size };
}

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function invalid(field: string, reason: string): RegistryError {
  return new RegistryError('MANIFEST_INVALID', `The manifest's ${field} ${reason}.`, { detail: { field } });
}
