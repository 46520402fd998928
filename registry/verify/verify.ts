import { RegistryError } from '../error.ts';
import type { Store } from '../images/store.ts';
import type { Digest } from '../reference.ts';
import { dependentsOf } from './dependents.ts';
import { findMissing, type MissingContent } from './missing.ts';
import { restoreFromQuarantine } from './quarantine.ts';
import { verifyContent } from './verify-content.ts';
import { verifyJournal, type JournalCheck } from './verify-journal.ts';
import type { Damage } from './verify-worker.ts';

export interface DamagedContent {
  readonly digest: Digest;
  /** `wrong size`: its bytes are right, but a manifest or link says that there are more or fewer. */
  readonly problem: Damage | 'wrong size';
  /** @see dependentsOf */
  readonly dependents: readonly string[];
}

export interface VerifyReport {
  readonly checked: { readonly blobs: number; readonly bytes: number };
  /** Quarantined, but for those of the wrong size and those that may not be read. */
  readonly damaged: readonly DamagedContent[];
  /** Needed, and not here: pushing it again brings it back. */
  readonly missing: readonly MissingContent[];
  /** Out of the quarantine, because its bytes turned out to be right. */
  readonly restored: readonly Digest[];
  readonly journal: JournalCheck;
  /** Nothing is wrong, or nothing any more. */
  readonly ok: boolean;
}

export interface VerifyOptions {
  /** Make anew what is damaged of the journal's files, and look through the quarantine. */
  readonly repair?: boolean;
  /** Bytes a second at most. */
  readonly rate?: number;
  /** Told of bytes of content, done and in all. */
  readonly onProgress?: (done: number, total: number) => void;
  readonly signal?: AbortSignal | undefined;
}

/** Bytes a second for a check that nobody waits for: a terabyte in a day, and little of any disk. */
export const GENTLE_RATE = 12_000_000;

/** Checks everything against everything, one check at a time. docs/repair.md */
export class Verifier {
  readonly #store: Store;
  readonly #stop = new AbortController();
  #last: Promise<unknown> = Promise.resolve();

  constructor(store: Store) {
    this.#store = store;
  }

  /** @throws the reason of the signal; what was found until then is quarantined already */
  run(options: VerifyOptions = {}): Promise<VerifyReport> {
    const signals = options.signal === undefined ? [] : [options.signal];
    const signal = AbortSignal.any([this.#stop.signal, ...signals]);
    const run = this.#last.then(() => verify(this.#store, { ...options, signal }));
    this.#last = run.catch(() => undefined);
    return run;
  }

  async close(): Promise<void> {
    this.#stop.abort(new RegistryError('UNAVAILABLE', 'The registry is stopping.'));
    await this.#last;
  }
}

async function verify(
  { blobs, ledger }: Store,
  { repair = false, rate, onProgress = () => undefined, signal }: VerifyOptions,
): Promise<VerifyReport> {
  const { catalog } = ledger;
  const { damaged, ...checked } = await verifyContent(blobs, rate, onProgress, signal);
  const { missing: absent, wrongSize } = await findMissing(catalog, blobs, signal);
  const restored = repair ? await restoreFromQuarantine(blobs, absent) : [];
  const here = new Set<Digest>(restored);
  const missing = absent.filter(({ digest }) => !here.has(digest) && !damaged.has(digest));
  signal?.throwIfAborted();
  const journal = await verifyJournal(ledger, repair);
  const all: DamagedContent[] = wrongSize.map(({ digest, dependents }) => ({
    digest,
    problem: 'wrong size',
    dependents,
  }));
  for (const [digest, problem] of damaged) {
    all.push({ digest, problem, dependents: dependentsOf(catalog, digest) });
  }
  const isGood = all.every(({ digest }) => here.has(digest)) && missing.length === 0;
  const ok = isGood && journal.problems.length === 0 && journal.differences.length === 0;
  return { checked, damaged: all, missing, restored, journal, ok };
}
