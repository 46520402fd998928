import { app, shell, type Session, type WebContents } from 'electron';
import type { Log } from '../registry/index.ts';
import { WINDOW_URL } from './protocol.ts';

/** Characters of an address. */
const LOGGED = 300;

/** The page stays the window's: it leads to no other address, opens no second window, and embeds nothing. */
export function denyNavigation(log: Log): void {
  app.on('web-contents-created', (_event, contents) => keep(contents, log));
}

function keep(contents: WebContents, log: Log): void {
  contents.on('will-navigate', (event) => {
    if (isWindowPage(event.url)) return;
    event.preventDefault();
    log.warn('a page may not lead elsewhere', { url: event.url.slice(0, LOGGED) });
  });
  contents.on('will-frame-navigate', (event) => {
    if (event.isMainFrame) return;
    event.preventDefault();
    log.warn('nothing may be embedded', { url: event.url.slice(0, LOGGED) });
  });
  contents.on('will-attach-webview', (event) => event.preventDefault());
  contents.setWindowOpenHandler(({ url }) => {
    openExternal(url, log);
    return { action: 'deny' };
  });
}

/** What the registry answers below the same origin is content of images, and no page. */
function isWindowPage(url: string): boolean {
  return url.split('#')[0] === WINDOW_URL;
}

/** Links to documentation belong into the browser. Other schemes could start programs. */
function openExternal(url: string, log: Log): void {
  if (!URL.canParse(url) || new URL(url).protocol !== 'https:') {
    log.warn('only https links are opened', { url: url.slice(0, LOGGED) });
    return;
  }
  shell.openExternal(url).catch((error: unknown) => log.warn('the browser could not be opened', { error }));
}

/** The window may put text on the clipboard when somebody copies it, and nothing else. */
export function denyPermissions(session: Session): void {
  const isAllowed = (permission: string, origin: string): boolean =>
    permission === 'clipboard-sanitized-write' && `${origin}/`.startsWith(WINDOW_URL);
  session.setPermissionRequestHandler((_contents, permission, answer, { requestingUrl }) =>
    answer(isAllowed(permission, requestingUrl)),
  );
  session.setPermissionCheckHandler((_contents, permission, origin) => isAllowed(permission, origin));
  session.setDevicePermissionHandler(() => false);
}
