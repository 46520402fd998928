export const PLACES = ['images', 'layers', 'disk', 'activity', 'connect', 'settings', 'trouble'] as const;
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
  /** The image that was looked at last, wherever one is now. */
  image = $state.raw<{ readonly repository: string; readonly reference: string }>();

  constructor() {
    this.#enter(this.route);
  }

  /** Where one is, for the sidebar: an image's layers are a place of their own. */
  get place(): Place {
    return this.route.view ?? this.route.place;
  }

  /** Listens to the address; returns how to end it. */
  follow(): () => void {
    const read = () => this.#enter(parseRoute(location.hash));
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
    this.#enter(route);
  }

  #enter(route: Route): void {
    this.route = route;
    const { repository, reference } = route;
    if (repository !== undefined && reference !== undefined) this.image = { repository, reference };
  }
}

export const router = new Router();
