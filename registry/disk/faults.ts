import { RegistryError, systemCode, type ErrorCode } from '../error.ts';

/** What the system calls the ways in which a disk fails, and what people are told. */
const FAULTS: Readonly<Record<string, { readonly code: ErrorCode; readonly what: string }>> = {
  ENOSPC: { code: 'STORAGE_FULL', what: 'The disk is full.' },
  EDQUOT: { code: 'STORAGE_FULL', what: 'The disk quota is used up: for Berth the disk is full.' },
  EFBIG: { code: 'STORAGE_FULL', what: 'The file system takes no file of this size.' },
  EROFS: { code: 'STORAGE_READ_ONLY', what: 'The file system of the data folder is read-only.' },
  EACCES: { code: 'STORAGE_READ_ONLY', what: 'Berth has no permission to use its data folder.' },
  EPERM: { code: 'STORAGE_READ_ONLY', what: 'Berth has no permission to use its data folder.' },
  EIO: { code: 'STORAGE_FAILED', what: 'The disk reports errors.' },
  ENXIO: { code: 'STORAGE_GONE', what: 'The disk of the data folder is gone.' },
  ENODEV: { code: 'STORAGE_GONE', what: 'The disk of the data folder is gone.' },
  ESTALE: { code: 'STORAGE_GONE', what: 'The disk of the data folder is gone.' },
  // Whoever expects that a file may be absent says so where it opens it: this is one that ought to be there.
  ENOENT: { code: 'STORAGE_GONE', what: 'The data folder, or a part of it, has disappeared.' },
  ENOTDIR: { code: 'STORAGE_GONE', what: 'The data folder, or a part of it, has disappeared.' },
  EMFILE: { code: 'UNAVAILABLE', what: 'Too many files are open.' },
  ENFILE: { code: 'UNAVAILABLE', what: 'Too many files are open.' },
};

const REMEDIES: Partial<Readonly<Record<ErrorCode, string>>> = {
  STORAGE_FULL: 'Free some space (berth gc, or delete images) and try again.',
  STORAGE_READ_ONLY: 'Make it writable for Berth and try again; what can be read can still be pulled.',
  STORAGE_FAILED: 'Nothing new can be trusted to it: save what is there, and check the disk.',
  STORAGE_GONE: 'Put it back in its place; Berth then goes on by itself.',
  UNAVAILABLE: 'Try again in a moment.',
};

/** Says in a sentence what the file system refused; undefined for an error that is none of its own. */
export function explainFault(error: unknown): RegistryError | undefined {
  // A failed sync is reported later than it happens, as the cause of what could not be kept.
  const code = systemCode(error) ?? (error instanceof Error ? systemCode(error.cause) : undefined);
  const fault = code === undefined ? undefined : FAULTS[code];
  if (fault === undefined) return undefined;
  return new RegistryError(fault.code, `${fault.what} ${REMEDIES[fault.code] ?? ''}`.trim(), {
    cause: error,
  });
}

/** Whether a disk failed, and not what was asked of it was wrong. */
export function isFault(error: unknown): boolean {
  const { code } = error instanceof RegistryError ? error : (explainFault(error) ?? { code: 'INTERNAL' });
  return code.startsWith('STORAGE_') || code === 'UNAVAILABLE';
}

/** For what is in the place of the data folder and is not what Berth had there. */
export function goneFault(path: string): RegistryError {
  return new RegistryError(
    'STORAGE_GONE',
    `The data folder is not what it was: ${path} was moved or removed. Put it back, or start Berth again.`,
  );
}
