/** Codes of the OCI Distribution Spec 1.1, "Error Codes", and Berth's own below them. */
export type ErrorCode =
  | 'BLOB_UNKNOWN'
  | 'BLOB_UPLOAD_INVALID'
  | 'BLOB_UPLOAD_UNKNOWN'
  | 'DIGEST_INVALID'
  | 'MANIFEST_BLOB_UNKNOWN'
  | 'MANIFEST_INVALID'
  | 'MANIFEST_UNKNOWN'
  | 'NAME_INVALID'
  | 'NAME_UNKNOWN'
  | 'SIZE_INVALID'
  | 'UNSUPPORTED'
  // Berth's own
  | 'BLOB_IN_USE'
  | 'TAG_INVALID'
  | 'TAG_PROTECTED'
  | 'ARCHIVE_INVALID'
  | 'CONFLICT'
  | 'CONFIRMATION_REQUIRED'
  | 'RANGE_INVALID'
  | 'PAGINATION_NUMBER_INVALID'
  | 'REQUEST_INVALID'
  | 'REQUEST_TIMEOUT'
  | 'REQUEST_ABORTED'
  | 'CONTENT_TOO_LARGE'
  | 'HOST_DENIED'
  | 'NOT_FOUND'
  | 'METHOD_NOT_ALLOWED'
  | 'STORAGE_FULL'
  | 'STORAGE_READ_ONLY'
  | 'STORAGE_FAILED'
  | 'STORAGE_GONE'
  | 'UNAVAILABLE'
  | 'JOURNAL_DAMAGED'
  | 'DATA_FOLDER_UNUSABLE'
  | 'PORT_TAKEN'
  | 'INTERNAL';

/** What the domain throws when it refuses. It knows nothing of HTTP: one table gives the status. */
export class RegistryError extends Error {
  override readonly name = 'RegistryError';
  readonly code: ErrorCode;
  readonly detail: unknown;

  constructor(code: ErrorCode, message: string, options: { detail?: unknown; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.detail = options.detail;
  }
}

/** @param what in a sentence without an end: the file, and where in it */
export function journalDamaged(
  dataFolder: string,
  what: string,
  options: { detail?: unknown; cause?: unknown } = {},
): RegistryError {
  return new RegistryError(
    'JOURNAL_DAMAGED',
    `The journal is damaged: ${what}. Nothing was changed. Run "berth repair --data ${dataFolder}", which keeps ` +
      'all that can be proven and deletes nothing, or put back a backup of the data folder.',
    options,
  );
}

/** Whether there was no room left for what was to be written. */
export function isDiskFull(error: unknown): boolean {
  if (error instanceof RegistryError) return error.code === 'STORAGE_FULL';
  const code = systemCode(error) ?? (error instanceof Error ? systemCode(error.cause) : undefined);
  return code === 'ENOSPC' || code === 'EDQUOT';
}

/** The `code` of a system error (`ENOENT`, `ENOSPC`, ...), or undefined for any other value. */
export function systemCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}
