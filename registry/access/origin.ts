import { createHash, timingSafeEqual } from 'node:crypto';
import { isIP } from 'node:net';
import { hostname } from 'node:os';
import { RegistryError } from '../error.ts';

const CONTAINER_HOSTS = new Set(['host.docker.internal', 'host.containers.internal']);

/** How the page of the desktop app names itself, which has its files from a protocol of its own. */
const DESKTOP_ORIGIN = 'berth://window';

/**
 * Refuses what a web page of another origin could have sent. A page that rebinds its own name to this
 * machine shows that name in `Host`, so names are allowed one by one; a page that calls us by address
 * shows itself in `Origin`, and registry clients send none.
 *
 * @param hosts every Host header of the request
 * @param isDesktop the request carries the token that only the desktop app has
 * @throws RegistryError HOST_DENIED
 */
export function checkOrigin(hosts: readonly string[], origin: string | undefined, isDesktop = false): void {
  const [host, ...others] = hosts;
  if (host === undefined || host === '' || others.length > 0) {
    throw new RegistryError('REQUEST_INVALID', 'The request must have one Host header.');
  }
  if (!isOwnHost(hostNameOf(host))) {
    throw new RegistryError('HOST_DENIED', 'Berth does not answer under this name. Use localhost.', {
      detail: { host: host.slice(0, 300) },
    });
  }
  if (isDesktop && origin === DESKTOP_ORIGIN) return;
  if (origin !== undefined && origin !== `http://${host}`) throw foreign({ origin: origin.slice(0, 300) });
}

/** What a browser says of a request, in headers that no page can set. */
export interface FetchMetadata {
  readonly site: string | undefined;
  readonly mode: string | undefined;
  readonly destination: string | undefined;
}

/**
 * Refuses what a browser sends for another page without an `Origin`: images, scripts, frames, forms that get
 * something, and what a page fetches without wanting to read it. Somebody may follow a link to the window.
 *
 * @param isPage whether what is asked for is the window's page
 * @throws RegistryError HOST_DENIED
 */
export function checkFetchSite({ site, mode, destination }: FetchMetadata, isPage: boolean): void {
  // Programs say nothing; `none` is what a person typed.
  if (site === undefined || site === 'same-origin' || site === 'none') return;
  if (isPage && mode === 'navigate' && destination === 'document') return;
  throw foreign({ site: site.slice(0, 100) });
}

/** Whether an `Authorization` header carries the token, compared in a time that says nothing about it. */
export function carriesToken(authorization: string | undefined, token: string | undefined): boolean {
  const given = /^Bearer +(\S+)$/i.exec(authorization ?? '')?.[1];
  if (given === undefined || token === undefined || token === '') return false;
  const [one, other] = [given, token].map((each) => createHash('sha256').update(each).digest());
  return one !== undefined && other !== undefined && timingSafeEqual(one, other);
}

function foreign(detail: object): RegistryError {
  return new RegistryError('HOST_DENIED', 'Web pages of other origins may not use this registry.', {
    detail,
  });
}

function isOwnHost(name: string): boolean {
  return (
    name === 'localhost' ||
    name.endsWith('.localhost') ||
    isIP(name) !== 0 ||
    CONTAINER_HOSTS.has(name) ||
    name === hostname().toLowerCase()
  );
}

/** `Host` without its port, and an IPv6 address without its brackets. */
function hostNameOf(host: string): string {
  const bracketed = /^\[([^\]]*)\](?::\d+)?$/.exec(host);
  return (bracketed?.[1] ?? host.replace(/:\d+$/, '')).toLowerCase();
}
