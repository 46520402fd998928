/** Of files and disks. */
const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'There is no such file or folder any more.',
  ENOTDIR: 'A part of the path is a file.',
  EEXIST: 'A part of the path is a file.',
  EACCES: 'This user may not read or write it.',
  EPERM: 'This user may not read or write it.',
  EROFS: 'Its file system is read-only.',
  EISDIR: 'There is a folder of that name.',
  ENOSPC: 'The disk is full.',
  EDQUOT: 'The disk quota is used up.',
  EIO: 'The disk reports errors.',
  ENAMETOOLONG: 'The name is too long.',
};

/** Of connections to the registry, which is in this very process: it is the registry that went away. */
const BROKEN = new Set(['ECONNRESET', 'ECONNREFUSED', 'EPIPE', 'ERR_STREAM_PREMATURE_CLOSE']);

/** Why something failed, in a sentence for people where that can be said. */
export function reasonOf(error: unknown): string {
  const code = codeOf(error);
  if (BROKEN.has(code) || code.startsWith('UND_ERR_')) {
    return 'The registry stopped in the middle. Try again when it runs.';
  }
  return REASONS[code] ?? (error instanceof Error ? error.message : String(error));
}

/** fetch() tells what happened only in the cause. */
function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return '';
  if ('code' in error && typeof error.code === 'string') return error.code;
  return codeOf(error.cause);
}
