import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { extname, join, relative, sep } from 'node:path';
import type { Context, Middleware } from 'koa';
import { systemCode } from '../error.ts';

/**
 * Nothing that is not a file of the window itself: no inline script or style, no other host, no frame around it.
 * Text out of images can say what it wants.
 */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
  "form-action 'none'",
].join('; ');

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.txt': 'text/plain; charset=utf-8',
};

/** Vite puts a hash into the names of what it puts here, so that it never changes under its name. */
const HASHED = '/assets/';

interface WindowFile {
  readonly content: Buffer;
  readonly type: string;
  readonly etag: string;
}

/**
 * The files of the built window, by the path at which they are served. They are listed once: what a request
 * asks for is looked up among them, and never becomes the path of a file.
 */
export class WindowFiles {
  readonly #files: ReadonlyMap<string, WindowFile>;

  private constructor(files: ReadonlyMap<string, WindowFile>) {
    this.#files = files;
  }

  /** Of a folder that is not there, none: a registry without a window is one as well. */
  static async read(folder: string | undefined): Promise<WindowFiles> {
    const files = new Map<string, WindowFile>();
    for (const name of folder === undefined ? [] : await namesIn(folder)) {
      const type = TYPES[extname(name)];
      if (folder === undefined || type === undefined) continue;
      const content = await readFile(join(folder, name));
      const etag = `"${createHash('sha256').update(content).digest('base64url').slice(0, 22)}"`;
      files.set(`/${name.split(sep).join('/')}`, { content, type, etag });
    }
    const page = files.get('/index.html');
    if (page !== undefined) files.set('/', page);
    return new WindowFiles(files);
  }

  /** Whether a browser may show it to whoever follows a link: the page, and nothing else. */
  isPage(path: string): boolean {
    return (path === '/' || path === '/index.html') && this.#files.has(path);
  }

  find(path: string): WindowFile | undefined {
    return this.#files.get(path);
  }

  /** What a browser is told of a file, whoever serves it. */
  headersOf(path: string): Record<string, string> {
    const file = this.#files.get(path);
    if (file === undefined) return {};
    return {
      'Content-Security-Policy': CONTENT_SECURITY_POLICY,
      'Referrer-Policy': 'no-referrer',
      'Cross-Origin-Opener-Policy': 'same-origin',
      'Cache-Control': path.startsWith(HASHED) ? 'public, max-age=31536000, immutable' : 'no-cache',
      'Content-Type': file.type,
      ETag: file.etag,
      ...(this.isPage(path) ? { Vary: 'Accept' } : {}),
    };
  }
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true, recursive: true });
    return entries
      .filter((entry) => entry.isFile())
      .map((entry) => relative(folder, join(entry.parentPath, entry.name)));
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return [];
    throw error;
  }
}

/** Answers for the files of the window, and leaves every other path to the routes. */
export function serveWindow(files: WindowFiles): Middleware {
  return async (ctx, next) => {
    const file = ctx.method === 'GET' || ctx.method === 'HEAD' ? files.find(ctx.path) : undefined;
    if (file === undefined || wantsJSON(ctx)) {
      await next();
      return;
    }
    ctx.set(files.headersOf(ctx.path));
    ctx.status = 200;
    if (ctx.fresh) ctx.status = 304;
    else ctx.body = file.content;
  };
}

/** Somebody's program at `/`, rather than a person. */
function wantsJSON(ctx: Context): boolean {
  return ctx.path === '/' && ctx.accepts('text/html', 'application/json') === 'application/json';
}
