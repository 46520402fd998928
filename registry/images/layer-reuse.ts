import type { Catalog } from '../catalog/catalog.ts';
import type { Observations } from '../catalog/observations.ts';
import type { ManifestEntry } from '../catalog/operation.ts';
import type { Digest } from '../reference.ts';

/** Pushes that never reach their manifest must not be remembered for ever. */
const REMEMBERED = 10_000;

/**
 * Counts layers that clients had no need to send. A hit is a layer that a client asked about or mounted
 * and did not have to send; a miss is one that it sent. Some clients ask once more after they have sent or
 * mounted a layer, before they push the manifest: that is neither.
 */
export class LayerReuse {
  readonly #catalog: Catalog;
  readonly #observations: Observations;
  /** `repository@digest` of blobs whose manifest is still to come: were they sent, or mounted? */
  readonly #underway = new Map<string, 'sent' | 'mounted'>();

  constructor(catalog: Catalog, observations: Observations) {
    this.#catalog = catalog;
    this.#observations = observations;
  }

  asked(repository: string, digest: Digest): void {
    if (!this.#underway.has(key(repository, digest))) this.#hit(digest);
  }

  mounted(repository: string, digest: Digest): void {
    this.#remember(repository, digest, 'mounted');
    this.#hit(digest);
  }

  sent(repository: string, digest: Digest): void {
    this.#remember(repository, digest, 'sent');
  }

  /** Only a manifest tells which of the blobs that were sent are layers. */
  completed(repository: string, { config, layers = [] }: ManifestEntry): void {
    for (const { digest } of layers) {
      if (this.#underway.get(key(repository, digest)) === 'sent') this.#observations.miss();
      this.#underway.delete(key(repository, digest));
    }
    if (config !== undefined) this.#underway.delete(key(repository, config.digest));
  }

  #hit(digest: Digest): void {
    if (this.#catalog.content.isLayer(digest)) this.#observations.hit();
  }

  #remember(repository: string, digest: Digest, how: 'sent' | 'mounted'): void {
    this.#underway.set(key(repository, digest), how);
    const [oldest] = this.#underway.keys();
    if (this.#underway.size > REMEMBERED && oldest !== undefined) this.#underway.delete(oldest);
  }
}

function key(repository: string, digest: Digest): string {
  return `${repository}@${digest}`;
}
