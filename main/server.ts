import { randomBytes } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import { repairDataFolder, startRegistry, type Log, type Registry } from '../registry/index.ts';
import type { Trouble } from './bridge.ts';
import { describeRepair, explainFailure } from './trouble.ts';
import { Turns } from './turns.ts';

export type ServerState = 'stopped' | 'starting' | 'running' | 'stopping';

export interface Place {
  readonly port: number;
  readonly dataFolder: string;
}

/** The registry of this app: the one thing that knows where it listens and with which token it is asked. */
export class Server extends EventEmitter<{ state: [ServerState]; trouble: [Trouble | null] }> {
  readonly token = randomBytes(32).toString('base64url');
  readonly #log: Log;
  readonly #windowFolder: string;
  /** A start, a stop, a move and a repair never overlap. */
  readonly #turns = new Turns();
  #place: Place;
  #registry: Registry | undefined;
  #state: ServerState = 'stopped';
  #trouble: Trouble | null = null;

  /** @param windowFolder the built window, which browsers get from the registry itself */
  constructor(log: Log, windowFolder: string, { port, dataFolder }: Place) {
    super();
    this.#log = log;
    this.#windowFolder = windowFolder;
    this.#place = { port, dataFolder };
  }

  get state(): ServerState {
    return this.#state;
  }

  /** Where it runs, or was last told to. */
  get place(): Place {
    return this.#place;
  }

  /** Undefined while no registry runs. */
  get url(): string | undefined {
    return this.#state === 'running' ? this.#registry?.url : undefined;
  }

  /** Why it does not run; null if it does, or was not told to. */
  get trouble(): Trouble | null {
    return this.#trouble;
  }

  /** Resolves as soon as a registry runs. */
  async running(signal: AbortSignal): Promise<void> {
    while (this.#state !== 'running') await once(this, 'state', { signal });
  }

  /** @returns why it does not run; null if it does */
  async start(place: Partial<Place> = {}): Promise<Trouble | null> {
    return await this.#turns.take(async () =>
      this.#setTrouble(await this.#start({ ...this.#place, ...place })),
    );
  }

  /** Waits for somebody to choose what to do about a failure from before the start. */
  holdBack(error: Error): Trouble | null {
    this.#log.error('could not start', { error });
    return this.#setTrouble(explainFailure(error, this.#place));
  }

  /** Lets requests under way finish for `graceMs`, and cuts the others. */
  async stop(graceMs?: number): Promise<void> {
    await this.#turns.take(() => this.#stop(graceMs));
  }

  /** Goes on in another place; where that fails, in the one before. */
  async move(change: Partial<Place>): Promise<Trouble | null> {
    return await this.#turns.take(async () => {
      const before = this.#place;
      await this.#stop();
      const trouble = await this.#start({ ...before, ...change });
      this.#setTrouble(trouble === null ? null : await this.#start(before));
      return trouble;
    });
  }

  /** Repairs the data folder, and starts. What the repair has found is said together with what is still wrong. */
  async repair(): Promise<Trouble | null> {
    return await this.#turns.take(async () => {
      if (this.#registry !== undefined) return null;
      const { trouble, repaired } = await this.#repair();
      return this.#setTrouble(trouble === null ? null : { ...trouble, repaired });
    });
  }

  async #repair(): Promise<{ trouble: Trouble | null; repaired: string }> {
    try {
      const repaired = describeRepair(await repairDataFolder(this.#place.dataFolder));
      this.#log.info('repaired', { repaired });
      return { trouble: await this.#start(this.#place), repaired };
    } catch (error) {
      this.#log.error('could not repair', { error });
      return { trouble: this.#trouble, repaired: error instanceof Error ? error.message : String(error) };
    }
  }

  async #start(place: Place): Promise<Trouble | null> {
    if (this.#registry !== undefined) return null;
    this.#place = place;
    this.#setState('starting');
    try {
      this.#registry = await startRegistry({
        ...place,
        log: this.#log,
        windowFolder: this.#windowFolder,
        window: { token: this.token },
      });
    } catch (error) {
      this.#log.error('could not start', { error, ...place });
      this.#setState('stopped');
      return explainFailure(error, place);
    }
    this.#log.info('started', { url: this.#registry.url, dataFolder: place.dataFolder });
    this.#setState('running');
    return null;
  }

  /** What goes wrong here keeps nobody from ending, nor from a start in another place. */
  async #stop(graceMs?: number): Promise<void> {
    const registry = this.#registry;
    if (registry === undefined) return;
    this.#setState('stopping');
    this.#registry = undefined;
    try {
      await registry.stop(graceMs);
      this.#log.info('stopped');
    } catch (error) {
      this.#log.error('could not stop in good order', { error });
    }
    this.#setState('stopped');
  }

  #setState(state: ServerState): void {
    this.#state = state;
    this.emit('state', state);
  }

  #setTrouble(trouble: Trouble | null): Trouble | null {
    this.#trouble = trouble;
    this.emit('trouble', trouble);
    return trouble;
  }
}
