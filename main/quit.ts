import { app, powerMonitor } from 'electron';
import { EventEmitter } from 'node:events';
import type { Log } from '../registry/index.ts';
import { askHowToQuit, type QuitAnswer } from './dialogs.ts';
import type { Server } from './server.ts';
import type { SettingsFile } from './settings.ts';
import type { Watch } from './watch.ts';
import type { MainWindow } from './window.ts';

/** For requests that are no push: answers that are on their way. */
const GRACE_MS = 2000;

/** Ends the app in good order: a push in flight is waited for or cut, as somebody says. */
export class Quit extends EventEmitter<{ change: [] }> {
  readonly #server: Server;
  readonly #watch: Watch;
  readonly #window: MainWindow;
  readonly #settings: SettingsFile;
  readonly #log: Log;
  #state: 'no' | 'asking' | 'waiting' | 'ending' = 'no';

  constructor(server: Server, watch: Watch, window: MainWindow, settings: SettingsFile, log: Log) {
    super();
    this.#server = server;
    this.#watch = watch;
    this.#window = window;
    this.#settings = settings;
    this.#log = log;
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
    watch.on('figures', ({ pushes }) => {
      if (this.#state === 'waiting' && pushes === 0) void this.#end();
    });
  }

  get isWaiting(): boolean {
    return this.#state === 'waiting';
  }

  /** Asked for a second time while it waits, it waits no longer. */
  async now(): Promise<void> {
    if (this.#state === 'waiting') return await this.#end();
    if (this.#state !== 'no') return;
    const { pushes } = this.#watch.figures;
    if (pushes === 0) return await this.#end();
    this.#state = 'asking';
    const answer = await this.#ask(pushes);
    this.#log.info('asked to quit while pushes were in flight', { pushes, answer });
    // The system has gone down meanwhile.
    if (this.#state !== 'asking') return;
    this.#state = 'no';
    if (answer === 'stay') return;
    if (answer === 'cut' || this.#watch.figures.pushes === 0) return await this.#end();
    this.#state = 'waiting';
    this.emit('change');
  }

  async #ask(pushes: number): Promise<QuitAnswer> {
    const { whatDoesQuit } = this.#settings.current;
    if (whatDoesQuit !== 'ask') return whatDoesQuit;
    return await askHowToQuit(this.#window.isVisible ? this.#window.current : undefined, pushes);
  }

  async #end(): Promise<void> {
    if (this.#state === 'ending') return;
    this.#state = 'ending';
    this.#window.letClose();
    const isCut = this.#watch.figures.pushes > 0;
    try {
      await this.#server.stop(isCut ? 0 : GRACE_MS);
    } catch (error) {
      this.#log.error('could not stop in good order', { error });
    }
    await this.#log.flush();
    app.quit();
  }
}
