import { EventEmitter } from 'node:events';
import { randomBytes } from 'node:crypto';
import { startRegistry, type Log, type Registry } from '../registry/index.ts';
import type { Trouble } from './bridge.ts';
import { explainFailure } from './trouble.ts';

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
  #registry: Registry | undefined;
  #state: ServerState = 'stopped';
  #trouble: Trouble | null = null;
  #last: Promise<unknown> = Promise.resolve();

  /** @param windowFolder the built window, which browsers get from the registry itself */
  constructor(log: Log, windowFolder: string) {
    super();
    this.#log = log;
    this.#windowFolder = windowFolder;
  }

  get state(): ServerState {
    return this.#state;
  }

  /** Undefined while no registry runs. */
  get url(): string | undefined {
    return this.#state === 'running' ? this.#registry?.url : undefined;
  }

  /** Why it does not run; null if it does, or was not told to. */
  get trouble(): Trouble | null {
    return this.#trouble;
  }

  /** @returns why it does not run; null if it does */
  async start(place: Place): Promise<Trouble | null> {
    return await this.#inTurn(() => this.#start(place));
  }

  /** Waits for somebody to choose what to do about a failure from before the start. */
  holdBack(error: Error, place: Place): Trouble {
    this.#log.error('could not start', { error });
    const trouble = explainFailure(error, place);
    this.#setTrouble(trouble);
    return trouble;
  }

  /** Lets requests under way finish for `graceMs`, and cuts the others. */
  async stop(graceMs?: number): Promise<void> {
    await this.#inTurn(() => this.#stop(graceMs));
  }

  /** Goes on in another place; where that fails, in the one before. */
  async move(from: Place, to: Place): Promise<Trouble | null> {
    return await this.#inTurn(async () => {
      await this.#stop();
      const trouble = await this.#start(to);
      if (trouble === null) return null;
      await this.#start(from);
      return trouble;
    });
  }

  /** Says what a repair has found, together with what is still wrong. */
  addRepair(repaired: string): Trouble | null {
    if (this.#trouble !== null) this.#setTrouble({ ...this.#trouble, repaired });
    return this.#trouble;
  }

  async #start({ port, dataFolder }: Place): Promise<Trouble | null> {
    if (this.#registry !== undefined) return null;
    this.#setState('starting');
    try {
      this.#registry = await startRegistry({
        port,
        dataFolder,
        log: this.#log,
        windowFolder: this.#windowFolder,
        window: { token: this.token },
      });
      this.#log.info('started', { url: this.#registry.url, dataFolder });
      this.#setState('running');
      this.#setTrouble(null);
    } catch (error) {
      this.#log.error('could not start', { error, port, dataFolder });
      this.#setState('stopped');
      this.#setTrouble(explainFailure(error, { port, dataFolder }));
    }
    return this.#trouble;
  }

  async #stop(graceMs?: number): Promise<void> {
    const registry = this.#registry;
    if (registry === undefined) return;
    this.#setState('stopping');
    this.#registry = undefined;
    await registry.stop(graceMs);
    this.#log.info('stopped');
    this.#setState('stopped');
  }

  /** A start, a stop and a move of one registry never overlap. */
  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.#last.then(work);
    this.#last = mine.catch(() => undefined);
    return await mine;
  }

  #setState(state: ServerState): void {
    this.#state = state;
    this.emit('state', state);
  }

  #setTrouble(trouble: Trouble | null): void {
    this.#trouble = trouble;
    this.emit('trouble', trouble);
  }
}
