import { protocol, type Session } from 'electron';
import { WindowFiles } from '../registry/index.ts';
import { forward } from './forward.ts';
import type { Server } from './server.ts';

const SCHEME = 'berth';

/** Where the window's page comes from. Nothing else may talk to main. */
export const WINDOW_ORIGIN = `${SCHEME}://window`;
export const WINDOW_URL = `${WINDOW_ORIGIN}/`;

/** What the registry answers, and not the window's files. */
const FORWARDED = /^\/(?:api\/|v2\/|_|healthz$|metrics$)/;

/** Before the app is ready. */
export function registerProtocol(): void {
  const privileges = { standard: true, secure: true, supportFetchAPI: true, stream: true, codeCache: true };
  protocol.registerSchemesAsPrivileged([{ scheme: SCHEME, privileges }]);
}

/** Serves the window's files, from a list that is made once, and its requests to the registry. */
export async function serveProtocol(session: Session, folder: string, server: Server): Promise<void> {
  const files = await WindowFiles.read(folder);
  session.protocol.handle(SCHEME, (request) => answer(request, files, server));
}

export async function answer(request: Request, files: WindowFiles, server: Server): Promise<Response> {
  const url = new URL(request.url);
  if (`${url.protocol}//${url.host}` !== WINDOW_ORIGIN || isForeign(request)) return notFound();
  if (FORWARDED.test(url.pathname)) return await forward(request, server);
  const file = request.method === 'GET' ? files.find(url.pathname) : undefined;
  if (file === undefined) return notFound();
  const headers = { ...files.headersOf(url.pathname), 'X-Content-Type-Options': 'nosniff' };
  return new Response(new Uint8Array(file.content), { headers });
}

/** Electron says which page asks, where it is not the browser itself. */
function isForeign(request: Request & { readonly initiatorOrigin?: string | null }): boolean {
  return request.initiatorOrigin !== undefined && request.initiatorOrigin !== WINDOW_ORIGIN;
}

function notFound(): Response {
  return new Response('There is nothing at this address.', { status: 404 });
}
