import type { Middleware } from 'koa';
import type { ErrorCode } from '../error.ts';
import { explainFault } from '../disk/faults.ts';
import { RegistryError, systemCode } from '../error.ts';
import type { Log } from '../log.ts';
import { answerEarly } from './body.ts';

/** The one place where a reason becomes an HTTP status. */
const STATUS: Record<ErrorCode, number> = {
  BLOB_UNKNOWN: 404,
  BLOB_UPLOAD_INVALID: 400,
  BLOB_UPLOAD_UNKNOWN: 404,
  DIGEST_INVALID: 400,
  // 404 as the spec's table of endpoints has it.
  MANIFEST_BLOB_UNKNOWN: 404,
  MANIFEST_INVALID: 400,
  MANIFEST_UNKNOWN: 404,
  NAME_INVALID: 400,
  NAME_UNKNOWN: 404,
  SIZE_INVALID: 400,
  UNSUPPORTED: 400,
  // What the spec has for a blob that may not be deleted.
  BLOB_IN_USE: 405,
  TAG_INVALID: 400,
  TAG_PROTECTED: 403,
  ARCHIVE_INVALID: 400,
  CONFLICT: 409,
  CONFIRMATION_REQUIRED: 409,
  RANGE_INVALID: 416,
  PAGINATION_NUMBER_INVALID: 400,
  REQUEST_INVALID: 400,
  REQUEST_TIMEOUT: 408,
  REQUEST_ABORTED: 400,
  CONTENT_TOO_LARGE: 413,
  HOST_DENIED: 403,
  NOT_FOUND: 404,
  METHOD_NOT_ALLOWED: 405,
  // Clients repeat a 5xx and keep its reason to themselves; these their user reads at once. Of some answers
  // podman shows the status alone, so that one which speaks of permissions would send its user astray.
  STORAGE_FULL: 413,
  STORAGE_READ_ONLY: 403,
  STORAGE_FAILED: 424,
  STORAGE_GONE: 424,
  UNAVAILABLE: 503,
  JOURNAL_DAMAGED: 500,
  DATA_FOLDER_UNUSABLE: 500,
  PORT_TAKEN: 500,
  INTERNAL: 500,
};

export function statusOf(code: ErrorCode): number {
  return STATUS[code];
}

/** The body of every error: OCI Distribution Spec 1.1, "Error Codes". */
export function errorBody(error: RegistryError): string {
  const { message, detail } = error;
  const code = IS_DENIED.has(error.code) ? 'DENIED' : error.code;
  return JSON.stringify({ errors: [{ code, message, detail: detail ?? null }] });
}

/** A code that docker does not know makes it try again for a minute before it shows the message. */
const IS_DENIED: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'STORAGE_FULL',
  'STORAGE_READ_ONLY',
  'STORAGE_FAILED',
  'STORAGE_GONE',
  'TAG_PROTECTED',
  'BLOB_IN_USE',
]);

/**
 * Answers with JSON whatever goes wrong below it, unknown paths and methods included. It has to be the
 * outermost middleware: Koa's own error path answers in plain text.
 */
export function errorResponder(log: Log): Middleware {
  return async (ctx, next) => {
    try {
      await next();
      if (ctx.status === 404 && ctx.body === undefined) {
        throw new RegistryError('NOT_FOUND', 'There is nothing at this address.', {
          detail: { path: ctx.path.slice(0, 300) },
        });
      }
      // The router's 501 is for methods that no route has: to a client that is the same.
      if (ctx.status === 405 || ctx.status === 501) {
        throw new RegistryError('METHOD_NOT_ALLOWED', `${ctx.method} is not possible here.`, {
          detail: { allowed: ctx.response.get('Allow') },
        });
      }
    } catch (error) {
      const answer = toRegistryError(error);
      if (answer.code === 'INTERNAL') log.error(`${ctx.method} ${ctx.path} failed`, { error });
      if (answer.code.startsWith('STORAGE_')) log.warn(answer.message, { error: answer.cause });
      if (ctx.headerSent) {
        ctx.res.destroy();
        return;
      }
      for (const header of ['Content-Length', 'ETag', 'Docker-Content-Digest', 'Accept-Ranges']) {
        ctx.remove(header);
      }
      ctx.status = statusOf(answer.code);
      ctx.set('Content-Type', 'application/json');
      if (answer.code === 'REQUEST_TIMEOUT') ctx.set('Connection', 'close');
      if (answer.code === 'BLOB_IN_USE') ctx.set('Allow', 'GET, HEAD');
      if (answer.code === 'UNAVAILABLE') ctx.set('Retry-After', '1');
      const body = Buffer.from(errorBody(answer));
      ctx.body = body;
      await answerEarly(ctx, body);
    }
  };
}

const BROKEN_CONNECTION = new Set([
  'ECONNRESET',
  'EPIPE',
  'ERR_STREAM_PREMATURE_CLOSE',
  'ERR_STREAM_DESTROYED',
]);

export function toRegistryError(error: unknown): RegistryError {
  if (error instanceof RegistryError) return error;
  const fault = explainFault(error);
  if (fault !== undefined) return fault;
  const code = systemCode(error);
  // The client has gone, or sent a body that it did not finish. Nobody may be left to read this.
  const isAbort = error instanceof Error && error.name === 'AbortError';
  if (isAbort || (code !== undefined && BROKEN_CONNECTION.has(code))) {
    return new RegistryError('REQUEST_ABORTED', 'The request ended before its body was complete.', {
      cause: error,
    });
  }
  // koa and its router name the status of what they refuse, such as a path that cannot be decoded.
  const status = error instanceof Error && 'status' in error ? error.status : undefined;
  if (error instanceof Error && typeof status === 'number' && status < 500) {
    return new RegistryError('REQUEST_INVALID', error.message, { cause: error });
  }
  return new RegistryError('INTERNAL', 'Berth failed to do this. The log says more.', { cause: error });
}
