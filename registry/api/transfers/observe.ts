import type { Context, Middleware } from 'koa';
import type { Catalog } from '../../catalog/catalog.ts';
import type { RegistryError } from '../../error.ts';
import { clientOf, isLooking, query } from '../../http/request.ts';
import { toRegistryError } from '../../http/responder.ts';
import { isDigest, type Digest } from '../../reference.ts';
import { clientName } from './client-name.ts';
import type { Flight } from './flights.ts';
import type { Direction, Origin } from './transfer.ts';
import type { Transfers } from './transfers.ts';

/** Greedy, as the routes are: a name may have these words in it. */
const ROUTE = /^\/v2\/(.+)\/(manifests|blobs)\/([^/]+)(?:\/([^/]*))?$/;

/** What a client does after these is up to it: it may go on, or begin the blob anew. */
const GOES_ON: ReadonlySet<string> = new Set([
  'RANGE_INVALID',
  'REQUEST_ABORTED',
  'BLOB_UPLOAD_UNKNOWN',
  'UNAVAILABLE',
]);

/** Sees the requests of pushes and pulls as they pass, and changes nothing about them. */
export function observeTransfers(transfers: Transfers, catalog: Catalog): Middleware {
  return async (ctx, next) => {
    const route = isLooking(ctx) ? undefined : readRoute(ctx.path);
    if (route === undefined) {
      await next();
      return;
    }
    const request = new ObservedRequest(ctx, route, transfers, catalog);
    request.begins();
    try {
      await next();
      request.succeeds();
    } catch (error) {
      request.fails(toRegistryError(error));
      throw error;
    }
  };
}

interface Route {
  readonly repository: string;
  readonly kind: 'manifest' | 'blob' | 'uploads' | 'upload';
  /** A tag, a digest, or the id of an upload. */
  readonly id: string;
}

function readRoute(path: string): Route | undefined {
  const [, repository, room, first = '', second] = ROUTE.exec(path.includes('%') ? decode(path) : path) ?? [];
  if (repository === undefined) return undefined;
  if (room === 'manifests')
    return second === undefined ? { repository, kind: 'manifest', id: first } : undefined;
  if (first !== 'uploads') return { repository, kind: 'blob', id: first };
  return second === undefined || second === ''
    ? { repository, kind: 'uploads', id: '' }
    : { repository, kind: 'upload', id: second };
}

function decode(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    // The router refuses it as well.
    return '';
  }
}

class ObservedRequest {
  readonly #ctx: Context;
  readonly #route: Route;
  readonly #transfers: Transfers;
  readonly #catalog: Catalog;
  #flight: Flight | undefined;

  constructor(ctx: Context, route: Route, transfers: Transfers, catalog: Catalog) {
    this.#ctx = ctx;
    this.#route = route;
    this.#transfers = transfers;
    this.#catalog = catalog;
  }

  /** What moves a blob is shown while it does. */
  begins(): void {
    const { method } = this.#ctx;
    const { kind, id } = this.#route;
    if (kind === 'upload' && (method === 'PATCH' || method === 'PUT')) this.#beginUpload(id);
    else if (kind === 'uploads' && method === 'POST') {
      const digest = query(this.#ctx, 'digest');
      if (digest !== undefined && isDigest(digest)) this.#beginWhole(digest);
    } else if (kind === 'blob' && method === 'GET' && isDigest(id)) this.#beginDownload(id);
  }

  succeeds(): void {
    const { method, status } = this.#ctx;
    const { kind, id } = this.#route;
    if (this.#flight !== undefined) this.#land(this.#flight, status);
    else if (kind === 'uploads' && method === 'POST') this.#uploadOpened(status);
    else if (kind === 'upload' && method === 'DELETE') this.#uploadCancelled(id);
    else if (kind === 'blob' && method === 'HEAD' && isDigest(id)) this.#blobFound(id, status);
    else if (kind === 'manifest' && method === 'PUT') this.#manifestPushed(id, status);
    else if (kind === 'manifest' && (method === 'GET' || method === 'HEAD')) this.#manifestRead(id, status);
  }

  fails({ code, message }: RegistryError): void {
    const { method } = this.#ctx;
    const { kind, id } = this.#route;
    const flight = this.#flight;
    if (flight !== undefined) {
      const { transfer } = flight.blob;
      this.#transfers.land(flight, 'failed');
      if (code === 'BLOB_UPLOAD_UNKNOWN') this.#transfers.unknown(id, flight);
      if (!GOES_ON.has(code)) this.#transfers.failed(transfer, message);
    } else if (kind === 'manifest' && method === 'PUT' && !GOES_ON.has(code)) {
      this.#transfers.refused(this.#transfers.push(this.#origin('push')), id, message);
    }
  }

  #beginUpload(id: string): void {
    const known = this.#transfers.upload(id);
    const blob = known ?? this.#transfers.push(this.#origin('push')).add(undefined, undefined, 'running');
    if (known === undefined) this.#transfers.opened(id, blob);
    const { length } = this.#ctx.request;
    // The last request, or the only one, says how much there is. A PATCH without a range is the only one.
    const isLast = this.#ctx.method === 'PUT' || this.#ctx.get('Content-Range') === '';
    if (isLast && length !== undefined) blob.size = blob.done + length;
    this.#flight = this.#transfers.take(blob, this.#ctx.req);
  }

  #beginWhole(digest: Digest): void {
    const push = this.#transfers.push(this.#origin('push'));
    const blob = push.find(digest) ?? push.add(digest, this.#ctx.request.length, 'running');
    this.#flight = this.#transfers.take(blob, this.#ctx.req);
  }

  #beginDownload(digest: Digest): void {
    const size = this.#catalog.findRepository(this.#route.repository)?.blobs.get(digest);
    if (size === undefined) return;
    const pull = this.#transfers.pullOfBlob(this.#origin('pull'), digest);
    const blob = pull.find(digest) ?? pull.add(digest, size, 'running');
    // Whoever asks for all of it begins anew.
    if (this.#ctx.get('Range') === '') blob.done = 0;
    this.#flight = this.#transfers.take(blob, this.#ctx.req);
  }

  #land(flight: Flight, status: number): void {
    const { blob } = flight;
    const { kind, id } = this.#route;
    if (kind === 'blob') {
      this.#transfers.land(flight, 'done', status === 304 ? 0 : (this.#ctx.response.length ?? 0));
      // Of a part that was asked for nobody knows what is at the client already: the end of the blob is its end.
      if (blob.done < (blob.size ?? 0) && !this.#isEnd()) blob.state = 'running';
      return;
    }
    const received: unknown = this.#ctx.state['bytesIn'];
    const isDone = status === 201;
    this.#transfers.land(flight, isDone ? 'done' : 'running', typeof received === 'number' ? received : 0);
    if (!isDone) return;
    const digest: unknown = this.#ctx.state['digest'];
    if (typeof digest === 'string' && isDigest(digest)) blob.transfer.name(blob, digest);
    blob.size = blob.done;
    if (kind === 'upload') this.#transfers.closed(id);
  }

  /** Whether the answer reached to the end of the blob. */
  #isEnd(): boolean {
    const [, last, size] = /^bytes \d+-(\d+)\/(\d+)$/.exec(this.#ctx.response.get('Content-Range')) ?? [];
    return last === undefined || Number(last) === Number(size) - 1;
  }

  #uploadOpened(status: number): void {
    const push = this.#transfers.push(this.#origin('push'));
    if (status === 201) {
      const mounted: unknown = this.#ctx.state['digest'];
      if (typeof mounted === 'string' && isDigest(mounted)) this.#here(mounted);
      return;
    }
    const session = this.#ctx.response.get('Docker-Upload-UUID');
    const blob = push.add(undefined, undefined, 'running');
    push.isReal = true;
    this.#transfers.opened(session, blob);
    this.#transfers.touch(push);
  }

  #uploadCancelled(id: string): void {
    const blob = this.#transfers.upload(id);
    if (blob === undefined) return;
    blob.state = 'failed';
    this.#transfers.closed(id);
    this.#transfers.touch(blob.transfer);
  }

  #blobFound(digest: Digest, status: number): void {
    if (status === 200) this.#here(digest);
  }

  #here(digest: Digest): void {
    const size = this.#catalog.findRepository(this.#route.repository)?.blobs.get(digest) ?? 0;
    this.#transfers.alreadyHere(this.#transfers.push(this.#origin('push')), digest, size);
  }

  #manifestPushed(reference: string, status: number): void {
    const digest: unknown = this.#ctx.state['digest'];
    if (status !== 201 || typeof digest !== 'string' || !isDigest(digest)) return;
    const push = this.#transfers.push(this.#origin('push'));
    const received: unknown = this.#ctx.state['bytesIn'];
    this.#transfers.count(push, typeof received === 'number' ? received : 0);
    const [tag] = isDigest(reference) ? [query(this.#ctx, 'tag')] : [reference];
    this.#transfers.pushed(push, digest, tag ?? digest);
  }

  #manifestRead(reference: string, status: number): void {
    const digest: unknown = this.#ctx.state['digest'];
    if (status !== 200 || typeof digest !== 'string' || !isDigest(digest)) return;
    const pull = this.#transfers.pullOf(this.#origin('pull'), digest, reference);
    if (this.#ctx.method === 'GET') this.#transfers.count(pull, this.#ctx.response.length ?? 0);
  }

  #origin(direction: Direction): Origin {
    return {
      direction,
      repository: this.#route.repository,
      client: clientName(clientOf(this.#ctx)),
      address: this.#ctx.req.socket.remoteAddress ?? '',
    };
  }
}
