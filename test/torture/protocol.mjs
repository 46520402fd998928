import { createHash } from 'node:crypto';
import { Unanswered } from './client.mjs';

/** The server refused what it should have done, or did what it should not. */
export class Violation extends Error {
  name = 'Violation';
}

/** The server gave an error for a reason that the test has injected. */
export class Failed extends Error {
  name = 'Failed';
}

/** What a disk that fails or is full may turn into: the request may have happened, or not. */
const FAILURES = new Set([403, 413, 424, 503]);

/** The distribution protocol as one client speaks it, and what it is promised by it. */
export class Protocol {
  /**
   * @param {import('./client.mjs').Client} client
   * @param {import('./model.mjs').Model} model
   * @param {{ mayFail: boolean }} weather whether faults are being injected now
   * @param {string} shared the repository that others write to at the same time
   */
  constructor(client, model, weather, shared) {
    this.shared = shared;
    this.client = client;
    this.model = model;
    this.weather = weather;
  }

  /** @param {number[]} expected the statuses that are in order */
  async send(expected, method, path, sent) {
    const answer = await this.client.send(method, path, sent);
    if (expected.includes(answer.status)) return answer;
    const text = `${method} ${path} answered ${answer.status}: ${answer.body.subarray(0, 400)}`;
    if (this.weather.mayFail && FAILURES.has(answer.status)) throw new Failed(text);
    const isFull = answer.status === 413 && text.includes('"setting":"budget"');
    if (isFull && this.model.budget !== undefined) throw new Failed(text);
    throw new Violation(text);
  }

  /** @param {import('./content.mjs').Blob} blob @param {'whole' | 'chunks' | 'single'} how */
  async pushBlob(repository, blob, how) {
    const uploads = `/v2/${repository}/blobs/uploads/`;
    if (how === 'single') {
      await this.send([201], 'POST', `${uploads}?digest=${blob.digest}`, { body: blob.bytes });
      return;
    }
    const session = await this.openUpload(repository);
    this.model.openUploads.set(session.id, undefined);
    let rest = blob.bytes;
    if (how === 'chunks') {
      const half = Math.floor(blob.size / 2);
      await this.send([202], 'PATCH', session.path, { body: rest.subarray(0, half) });
      rest = rest.subarray(half);
    }
    await this.send([201], 'PUT', `${session.path}?digest=${blob.digest}`, { body: rest });
    this.endUpload(session.id);
  }

  async openUpload(repository) {
    const { headers } = await this.send([202], 'POST', `/v2/${repository}/blobs/uploads/`);
    const path = headers.location;
    return { path, id: path.slice(path.lastIndexOf('/') + 1) };
  }

  endUpload(id) {
    this.model.openUploads.delete(id);
    this.model.endedUploads.add(id);
  }

  /** Asks first, as every client does, and sends what is not there. */
  async ensureBlob(repository, blob, { how, mountFrom }) {
    const { status } = await this.send([200, 404], 'HEAD', `/v2/${repository}/blobs/${blob.digest}`);
    if (status === 200) return;
    if (mountFrom !== undefined) {
      const query = `mount=${blob.digest}&from=${mountFrom}`;
      const path = `/v2/${repository}/blobs/uploads/?${query}`;
      const answer = await this.send([201, 202], 'POST', path);
      if (answer.status === 201) return;
      const location = answer.headers.location;
      this.model.openUploads.set(location.slice(location.lastIndexOf('/') + 1), undefined);
    }
    await this.pushBlob(repository, blob, how);
  }

  /** @param {import('./content.mjs').Image} image */
  async putManifest(repository, image, tags, byDigest) {
    const query = byDigest && tags.length > 0 ? `?${tags.map((tag) => `tag=${tag}`).join('&')}` : '';
    const reference = byDigest ? `${image.digest}${query}` : tags[0];
    const path = `/v2/${repository}/manifests/${reference}`;
    const model = this.model.repository(repository);
    const writes = [
      [model.manifest(image.digest), true],
      ...(byDigest ? tags : [tags[0]]).map((tag) => [model.tag(tag), image.digest]),
    ];
    await this.change(writes, [201], 'PUT', path, { body: image.bytes, type: image.mediaType });
  }

  /**
   * A request that changes what the model knows.
   *
   * @param {[import('./model.mjs').Register<any>, any][]} writes what is true once it is acknowledged; an
   *   error that is expected means that nothing of it happened
   */
  async change(writes, expected, method, path, sent) {
    const repository = path.startsWith(`/v2/${this.shared}/`) ? this.shared : undefined;
    return await this.commit(writes, repository, () => this.send(expected, method, path, sent));
  }

  /**
   * Requests that together change what the model knows.
   *
   * @param {[import('./model.mjs').Register<any>, any][]} writes as of `change`
   * @param {string | undefined} repository in which others may write at the same time
   * @param {() => Promise<import('./client.mjs').Answer>} run answers with what decides
   */
  async commit(writes, repository, run) {
    const change = this.model.begin(writes);
    try {
      const answer = await run();
      if (answer.status < 400) change.acknowledge();
      else change.refuse();
      return answer;
    } catch (error) {
      if (error instanceof Unanswered || error instanceof Failed) {
        change.doubt();
        if (repository !== this.shared) this.model.doubtTogether(change.pending);
      } else {
        change.refuse();
      }
      throw error;
    }
  }
}

/** The part of an upload's file name that says whose it is. docs/data-folder.md */
export function hashName(repository) {
  return createHash('sha256').update(repository).digest('hex').slice(0, 16);
}
