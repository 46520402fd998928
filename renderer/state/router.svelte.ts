export const PLACES = ['images', 'disk', 'activity', 'connect', 'settings', 'trouble'] as const;
export type Place = (typeof PLACES)[number];

/** What the window shows; all of it is in the address, so that a reload and a link come back to it. */
export interface Route {
  readonly place: Place;
  readonly repository?: string;
  /** A tag or a digest. */
  readonly reference?: string;
  /** `layers`: what its layers hold. */
  readonly view?: 'layers';
  /** Of places other than images: what they like. */
  readonly rest?: readonly string[];
}

/** `#/images/team%2Fapp/v1/layers`: a repository's name has slashes, and is one part. */
export function parseRoute(hash: string): Route {
  const [place, ...parts] = hash
    .replace(/^#?\/?/, '')
    .split('/')
    .filter(Boolean)
    .map(decode);
  const known = PLACES.find((each) => each === place) ?? 'images';
  if (known !== 'images') return parts.length > 0 ? { place: known, rest: parts } : { place: known };
  const [repository, reference, view] = place === 'images' ? parts : [];
  return {
    place: 'images',
    ...(repository && { repository }),
    ...(reference && { reference }),
    ...(view === 'layers' && { view }),
  };
}

export function href({ place, repository, reference, view, rest = [] }: Route): string {
  const parts = place === 'images' ? [repository, reference, view] : rest;
  return `#/${[place, ...parts.filter((part) => part !== undefined)].map(encode).join('/')}`;
}

/** `:` and `@` may stand there as they are; digests stay readable. */
const encode = (part: string): string =>
  encodeURIComponent(part).replaceAll('%3A', ':').replaceAll('%40', '@');

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

export class Router {
  route = $state.raw<Route>(parseRoute(location.hash));

  /** Listens to the address; returns how to end it. */
  follow(): () => void {
    const read = () => (this.route = parseRoute(location.hash));
    read();
    addEventListener('hashchange', read);
    return () => removeEventListener('hashchange', read);
  }

  /** `replace` where going back should not pass through here again, as for every row an arrow key passes. */
  go(route: Route, { replace = false } = {}): void {
    const to = href(route);
    if (to === location.hash) return;
    if (replace) history.replaceState(history.state, '', to);
    else history.pushState(null, '', to);
    this.route = route;
  }
}

export const router = new Router();
