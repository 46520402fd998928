import { digestOf } from './layer.mjs';

const OCI = 'application/vnd.oci.image';

/** Pushes to one registry, as a client does. */
export class Client {
  #url;
  #name;

  /** @param name what it calls itself */
  constructor(url, name = 'docker/27.3.1 go/go1.22.7 os/linux arch/amd64') {
    this.#url = url;
    this.#name = name;
  }

  async blob(repository, body) {
    const digest = digestOf(body);
    const known = await this.#send('HEAD', `/v2/${repository}/blobs/${digest}`);
    if (known.status === 200) return digest;
    const query = `?mount=${digest}&digest=${digest}`;
    const response = await this.#send('POST', `/v2/${repository}/blobs/uploads/${query}`, body);
    if (response.status === 201) return digest;
    const place = response.headers.get('location');
    const separator = place.includes('?') ? '&' : '?';
    await this.#done(await this.#send('PUT', `${place}${separator}digest=${digest}`, body));
    return digest;
  }

  async manifest(repository, reference, manifest) {
    const body = Buffer.from(JSON.stringify(manifest));
    const digest = digestOf(body);
    const path = `/v2/${repository}/manifests/${reference ?? digest}`;
    await this.#done(await this.#send('PUT', path, body, manifest.mediaType));
    return { digest, size: body.length, mediaType: manifest.mediaType };
  }

  /**
   * An image of one platform.
   *
   * @param image { layers, config, history, platform, subject?, annotations? }
   * @param tags none: by digest only
   */
  async image(repository, tags, { layers, config = {}, history, platform = 'linux/amd64', ...rest }) {
    const [os, architecture, variant] = platform.split('/');
    const body = Buffer.from(
      JSON.stringify({
        architecture,
        os,
        variant,
        created: '2026-11-02T08:15:00Z',
        config,
        rootfs: { type: 'layers', diff_ids: layers.map(({ diffId }) => diffId) },
        history,
      }),
    );
    for (const { body: bytes } of layers) await this.blob(repository, bytes);
    const manifest = {
      schemaVersion: 2,
      mediaType: `${OCI}.manifest.v1+json`,
      config: {
        mediaType: `${OCI}.config.v1+json`,
        digest: await this.blob(repository, body),
        size: body.length,
      },
      layers: layers.map((one) => ({
        mediaType: one.mediaType,
        digest: one.digest,
        size: one.body.length,
      })),
      ...rest,
    };
    return { ...(await this.#tagged(repository, tags, manifest)), platform: { os, architecture, variant } };
  }

  /** An index of several platforms. */
  async index(repository, tags, manifests, rest = {}) {
    const mediaType = `${OCI}.index.v1+json`;
    return await this.#tagged(repository, tags, { schemaVersion: 2, mediaType, manifests, ...rest });
  }

  /** Something that is no image: a chart, a signature, a list of parts. */
  async artifact(repository, tags, { type, layerType, body, configType, ...rest }) {
    const empty = Buffer.from('{}');
    const configMediaType = configType ?? `application/vnd.oci.empty.v1+json`;
    const digest = await this.blob(repository, empty);
    const manifest = {
      schemaVersion: 2,
      mediaType: `${OCI}.manifest.v1+json`,
      ...(type === undefined ? {} : { artifactType: type }),
      config: { mediaType: configMediaType, digest, size: empty.length },
      layers: [{ mediaType: layerType, digest: await this.blob(repository, body), size: body.length }],
      ...rest,
    };
    return await this.#tagged(repository, tags, manifest);
  }

  async #tagged(repository, tags, manifest) {
    let pushed = await this.manifest(repository, tags[0], manifest);
    for (const tag of tags.slice(1)) pushed = await this.manifest(repository, tag, manifest);
    return pushed;
  }

  async #send(method, path, body, type = 'application/octet-stream') {
    const headers = { 'user-agent': this.#name, 'content-type': type };
    const request = body === undefined ? { method, headers } : { method, headers, body };
    return await fetch(new URL(path, this.#url), request);
  }

  async #done(response) {
    if (!response.ok) throw new Error(`${response.url}: ${response.status} ${await response.text()}`);
  }
}
