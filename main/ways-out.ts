import { app, shell } from 'electron';
import * as v from 'valibot';
import type { Trouble, TroubleChoice } from './bridge.ts';
import { chooseDataFolder } from './dialogs.ts';
import type { LogFile } from './log.ts';
import type { Place, Server } from './server.ts';
import { PORT, type SettingsFile } from './settings.ts';
import { Turns } from './turns.ts';
import type { MainWindow } from './window.ts';

export const CHOICE = v.variant('choice', [
  v.object({ choice: v.literal('try again') }),
  v.object({ choice: v.literal('choose another port'), port: PORT }),
  v.object({ choice: v.literal('choose another folder') }),
  v.object({ choice: v.literal('repair') }),
  v.object({ choice: v.literal('show log') }),
  v.object({ choice: v.literal('quit') }),
]) satisfies v.GenericSchema<unknown, TroubleChoice>;

/** What can be done when the registry does not start, and where it then runs. */
export class WaysOut {
  readonly #server: Server;
  readonly #settings: SettingsFile;
  readonly #window: MainWindow;
  readonly #log: LogFile;
  readonly #turns = new Turns();

  constructor(server: Server, settings: SettingsFile, window: MainWindow, log: LogFile) {
    this.#server = server;
    this.#settings = settings;
    this.#window = window;
    this.#log = log;
  }

  async choose(choice: TroubleChoice): Promise<Trouble | null> {
    switch (choice.choice) {
      case 'try again':
        return await this.start();
      case 'choose another port':
        return await this.start({ port: choice.port });
      case 'choose another folder': {
        const dataFolder = await chooseDataFolder(this.#window.current, this.#server.place.dataFolder);
        return dataFolder === undefined ? this.#server.trouble : await this.start({ dataFolder });
      }
      case 'repair':
        return await this.#keep(() => this.#server.repair());
      case 'show log':
        await this.#log.flush();
        shell.showItemInFolder(this.#log.path);
        break;
      case 'quit':
        app.quit();
    }
    return this.#server.trouble;
  }

  async start(place: Partial<Place> = {}): Promise<Trouble | null> {
    return await this.#keep(() => this.#server.start(place));
  }

  /** Moves a registry that runs. Where that fails it goes on as it was. */
  async move(to: Partial<Place>): Promise<Trouble | null> {
    return await this.#keep(() => this.#server.move(to));
  }

  /** Another place than before counts from now on only if the registry runs there. */
  async #keep(go: () => Promise<Trouble | null>): Promise<Trouble | null> {
    return await this.#turns.take(async () => {
      const trouble = await go();
      if (trouble !== null) return trouble;
      const { port, dataFolder } = this.#server.place;
      this.#log.moveTo(dataFolder);
      const { current } = this.#settings;
      if (port !== current.port || dataFolder !== current.dataFolder) {
        await this.#settings.move({ port, dataFolder });
      }
      return null;
    });
  }
}
