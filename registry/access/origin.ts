import { isIP } from 'node:net';
import { hostname } from 'node:os';
import { RegistryError } from '../error.ts';

const CONTAINER_HOSTS = new Set(['host.docker.internal', 'host.containers.internal']);

/**
 * Refuses what a web page of another origin could have sent. A page that rebinds its own name to this
 * machine shows that name in `Host`, so names are allowed one by one; a page that calls us by address
 * shows itself in `Origin`, and registry clients send none.
 *
 * @param hosts every Host header of the request
 * @throws RegistryError HOST_DENIED
 */
export function checkOrigin(hosts: readonly string[], origin: string | undefined): void {
  const [host, ...others] = hosts;
  if (host === undefined || host === '' || others.length > 0) {
    throw new RegistryError('REQUEST_INVALID', 'The request must have one Host header.');
  }
  if (!isOwnHost(hostNameOf(host))) {
    throw new RegistryError('HOST_DENIED', 'Berth does not answer under this name. Use localhost.', {
      detail: { host: host.slice(0, 300) },
    });
  }
  if (origin !== undefined && origin !== `http://${host}`) {
    throw new RegistryError('HOST_DENIED', 'Web pages of other origins may not use this registry.', {
      detail: { origin: origin.slice(0, 300) },
    });
  }
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
