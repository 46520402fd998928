import { app, powerMonitor } from 'electron';
import { EventEmitter } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import type { Log } from '../registry/index.ts';
import { askHowToQuit, type QuitAnswer } from './dialogs.ts';
import type { FileJobs } from './file-jobs.ts';
import type { Server } from './server.ts';
import type { SettingsFile } from './settings.ts';
import type { Watch } from './watch.ts';
import type { MainWindow } from './window.ts';

/** For requests that are no push: answers that are on their way. */
const GRACE_MS = 2000;
/** Nobody waits for ever for an app to end. What was acknowledged is on the disk. */
const LONGEST_MS = 20_000;

export interface QuitParts {
  readonly server: Server;
  readonly files: FileJobs;
  readonly watch: Watch;
  readonly window: MainWindow;
  readonly settings: SettingsFile;
  readonly log: Log;
}

/** Ends the app in good order: a push in flight is waited for or cut, as somebody says. */
export class Quit extends EventEmitter<{ change: [] }> {
  readonly #parts: QuitParts;
  #state: 'no' | 'asking' | 'waiting' | 'ending' = 'no';
  #question: AbortController | undefined;

  constructor(parts: QuitParts) {
    super();
    this.#parts = parts;
    app.on('before-quit', (event) => {
      if (this.#state === 'ending') return;
      event.preventDefault();
      void this.now();
    });
    powerMonitor.on('shutdown', (event?: Electron.Event) => {
      // The system goes down, and waits a moment if it is asked to, but not for a push.
      event?.preventDefault();
      void this.#end();
    });
    // Putting the last window away is no reason to end.
    app.on('window-all-closed', () => undefined);
    parts.watch.on('figures', ({ pushes }) => {
      if (this.#state === 'waiting' && pushes === 0) void this.#end();
    });
  }

  get isWaiting(): boolean {
    return this.#state === 'waiting';
  }

  /** Asked for a second time while it waits, it waits no longer. */
  async now(): Promise<void> {
    if (this.#state === 'ending') return;
    const { pushes } = this.#parts.watch.figures;
    if (this.#state === 'waiting' || pushes === 0) return await this.#end();
    this.#state = 'asking';
    const answer = await this.#ask(pushes);
    if (answer === undefined) return;
    this.#parts.log.info('asked to quit while pushes were in flight', { pushes, answer });
    this.#state = 'no';
    if (answer === 'stay') return;
    if (answer === 'cut' || this.#parts.watch.figures.pushes === 0) return await this.#end();
    this.#state = 'waiting';
    this.emit('change');
  }

  /** Somebody starts the app: it no longer waits to end. False if it ends already. */
  stay(): boolean {
    if (this.#state === 'ending') return false;
    if (this.#state === 'waiting') {
      this.#state = 'no';
      this.emit('change');
    }
    return true;
  }

  /** @returns nothing if the question is no longer the last */
  async #ask(pushes: number): Promise<QuitAnswer | undefined> {
    const { settings, window, log } = this.#parts;
    const { whatDoesQuit } = settings.current;
    if (whatDoesQuit !== 'ask') return whatDoesQuit;
    // One that is hidden behind others, or was lost with its window, is asked anew.
    this.#question?.abort();
    const { signal } = (this.#question = new AbortController());
    try {
      const answer = await askHowToQuit(await window.parent(), pushes, signal);
      return signal.aborted ? undefined : answer;
    } catch (error) {
      log.error('could not ask how to quit', { error });
      return signal.aborted ? undefined : 'wait';
    }
  }

  async #end(): Promise<void> {
    if (this.#state === 'ending') return;
    this.#state = 'ending';
    this.#question?.abort();
    const { window, log } = this.#parts;
    window.letClose();
    try {
      await Promise.race([this.#close(), tooLong()]);
    } catch (error) {
      log.error('could not end in good order', { error });
    }
    await log.flush();
    app.quit();
  }

  async #close(): Promise<void> {
    const { server, files, watch, settings } = this.#parts;
    const isCut = watch.figures.pushes > 0;
    await Promise.all([files.close(), server.stop(isCut ? 0 : GRACE_MS), settings.written()]);
  }
}

async function tooLong(): Promise<never> {
  await delay(LONGEST_MS, undefined, { ref: false });
  throw new Error(`something was not closed after ${LONGEST_MS} ms`);
}
