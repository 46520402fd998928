import { expect } from 'vitest';
import { get, head, json, post, put, send, type Answer, type Target } from './http.ts';
import { DOCKER_INDEX, DOCKER_MANIFEST, INDEX, MANIFEST } from './image.ts';
import type { Content, Descriptor, Image } from './image.ts';
import { present } from './present.ts';

const EVERY_TYPE = [MANIFEST, INDEX, DOCKER_MANIFEST, DOCKER_INDEX, '*/*'].join(', ');

/** An image manifest or an index: a test knows which of the two it asked for. */
interface ParsedManifest {
  config: Descriptor;
  layers: Descriptor[];
  manifests: Descriptor[];
}

/** A repository of a registry, spoken to as the spec's plainest client would. */
export class Repository {
  readonly registry: Target;
  readonly name: string;

  constructor(registry: Target, name: string) {
    this.registry = registry;
    this.name = name;
  }

  path(rest: string): string {
    return `/v2/${this.name}/${rest}`;
  }

  /** Opens an upload session and returns where it is. */
  async openUpload(): Promise<string> {
    const answer = await post(this.registry, this.path('blobs/uploads/'));
    expect(answer.status, 'POST opens an upload session').toBe(202);
    return present(answer.headers.location);
  }

  async pushBlob({ digest, bytes }: Content): Promise<Answer> {
    const location = await this.openUpload();
    const answer = await put(this.registry, withQuery(location, `digest=${digest}`), { body: bytes });
    expect(answer.status, `PUT of a whole blob: ${answer.body}`).toBe(201);
    return answer;
  }

  putManifest(
    reference: string,
    { mediaType, bytes }: Pick<Content, 'mediaType' | 'bytes'>,
  ): Promise<Answer> {
    return put(this.registry, this.path(`manifests/${reference}`), {
      headers: { 'content-type': mediaType },
      body: bytes,
    });
  }

  /** Pushes an image and all below it; under its digest when no tag is given. */
  async push(image: Image, tag?: string): Promise<Answer> {
    for (const child of image.children) await this.push(child);
    for (const blob of image.blobs) await this.pushBlob(blob);
    const answer = await this.putManifest(tag ?? image.digest, image);
    expect(answer.status, `PUT of a manifest: ${answer.body}`).toBe(201);
    return answer;
  }

  getBlob(digest: string, headers: Record<string, string> = {}): Promise<Answer> {
    return get(this.registry, this.path(`blobs/${digest}`), headers);
  }

  headBlob(digest: string): Promise<Answer> {
    return head(this.registry, this.path(`blobs/${digest}`));
  }

  getManifest(reference: string, headers: Record<string, string> = {}): Promise<Answer> {
    return get(this.registry, this.path(`manifests/${reference}`), headers);
  }

  headManifest(reference: string, headers: Record<string, string> = {}): Promise<Answer> {
    return head(this.registry, this.path(`manifests/${reference}`), headers);
  }

  /** The parsed manifest, asked for as a client asks that takes every type. */
  async readManifest(reference: string): Promise<ParsedManifest> {
    const answer = await this.getManifest(reference, { accept: EVERY_TYPE });
    expect(answer.status, `manifest ${reference} of ${this.name}: ${answer.body}`).toBe(200);
    return json<ParsedManifest>(answer);
  }

  delete(rest: string): Promise<Answer> {
    return send(this.registry, 'DELETE', this.path(rest));
  }

  async tags(): Promise<string[]> {
    const answer = await get(this.registry, this.path('tags/list'));
    expect(answer.status, `tags/list of ${this.name}: ${answer.body}`).toBe(200);
    return json<{ tags: string[] }>(answer).tags;
  }

  async referrers(digest: string, query = ''): Promise<Descriptor[]> {
    const answer = await get(this.registry, this.path(`referrers/${digest}${query}`));
    expect(answer.status, `referrers: ${answer.body}`).toBe(200);
    return json<{ manifests: Descriptor[] }>(answer).manifests;
  }

  /** Expects a tag (or digest) to resolve to this image, and all of it to come back byte for byte. */
  async expectWhole(reference: string, image: Image): Promise<void> {
    const manifest = await this.getManifest(reference, { accept: `${image.mediaType}, */*` });
    expect(manifest.status, `manifest ${reference}: ${manifest.body}`).toBe(200);
    expect(manifest.headers['docker-content-digest']).toBe(image.digest);
    expect(manifest.headers['content-type']).toBe(image.mediaType);
    expect(manifest.body.equals(image.bytes), `${reference} is byte for byte what was pushed`).toBe(true);
    for (const blob of image.blobs) {
      const answer = await this.getBlob(blob.digest);
      expect(answer.status, `blob ${blob.digest} of ${reference}`).toBe(200);
      expect(answer.body.equals(blob.bytes), `${blob.digest} is byte for byte what was pushed`).toBe(true);
    }
    for (const child of image.children) await this.expectWhole(child.digest, child);
  }
}

/** Adds to a Location, which may carry a query of the server's own. */
export function withQuery(location: string, query: string): string {
  return `${location}${location.includes('?') ? '&' : '?'}${query}`;
}

/** Expects the error of the spec: JSON with a code, a message and a detail, and this status. */
export function expectError(answer: Answer, status: number, ...codes: string[]): void {
  expect(answer.status, shown(answer)).toBe(status);
  expectErrorBody(answer, ...codes);
}

export function expectErrorBody(answer: Answer, ...codes: string[]): void {
  expect(answer.headers['content-type']).toMatch(/^application\/json(;|$)/);
  const { errors } = json<{ errors: { code: string; message: string; detail?: unknown }[] }>(answer);
  expect(errors.length).toBeGreaterThan(0);
  for (const error of errors) {
    expect(error.code).toMatch(/^[A-Z_]+$/);
    expect(error.message).toEqual(expect.any(String));
  }
  if (codes.length > 0) expect(codes).toContain(errors[0]?.code);
}

/** An answer's body, short enough for the message of a failed test. */
export function shown(answer: Answer): string {
  return answer.body.subarray(0, 500).toString('utf8');
}

/** Expects a 4xx in the spec's JSON, whichever it is. */
export function expectRefused(answer: Answer): void {
  expect(answer.status, shown(answer)).toBeGreaterThanOrEqual(400);
  expect(answer.status, shown(answer)).toBeLessThan(500);
  expectErrorBody(answer);
}
