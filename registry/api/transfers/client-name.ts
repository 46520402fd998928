/** What programs call themselves, where that is not how people know them. */
const KNOWN: Readonly<Record<string, string>> = {
  libpod: 'podman',
  containers: 'containers/image',
  buildah: 'buildah',
  'go-http-client': 'a Go program',
  'go-containerregistry': 'crane',
  regclient: 'regctl',
  'docker-client': 'docker',
  mozilla: 'a browser',
};

const LONGEST = 60;

/** `docker 27.3.1`, `skopeo 1.9.3`: the first product of a `User-Agent`. */
export function clientName(userAgent: string): string {
  const [, product = '', version = ''] = /^([^\s/]+)(?:\/v?([^\s+]+))?/.exec(userAgent.trim()) ?? [];
  if (product === '') return 'an unnamed client';
  if (userAgent === 'Berth window') return userAgent;
  const known = KNOWN[product.toLowerCase()];
  if (known?.startsWith('a ') === true) return known;
  return `${known ?? product.toLowerCase()} ${version}`.trim().slice(0, LONGEST);
}
