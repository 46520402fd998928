/** `GET /api/digests?repository=&beginning=`: what of a repository begins so. */
export interface DigestList {
  /** Of manifests and blobs, also of those in the trash; the first ten, in lexical order. */
  readonly digests: readonly string[];
  readonly total: number;
}
