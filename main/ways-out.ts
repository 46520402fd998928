import { app, shell } from 'electron';
import * as v from 'valibot';
import { repairDataFolder } from '../registry/index.ts';
import type { Trouble, TroubleChoice } from './bridge.ts';
import { chooseDataFolder } from './dialogs.ts';
import type { LogFile } from './log.ts';
import type { Place, Server } from './server.ts';
import { PORT, type SettingsFile } from './settings.ts';
import { describeRepair } from './trouble.ts';
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

  constructor(server: Server, settings: SettingsFile, window: MainWindow, log: LogFile) {
    this.#server = server;
    this.#settings = settings;
    this.#window = window;
    this.#log = log;
  }

  async choose(choice: TroubleChoice): Promise<Trouble | null> {
    const place = this.#server.trouble ?? this.#settings.current;
    switch (choice.choice) {
      case 'try again':
        return await this.start(place);
      case 'choose another port':
        return await this.start({ ...place, port: choice.port });
      case 'choose another folder': {
        const dataFolder = await chooseDataFolder(this.#window.current, place.dataFolder);
        return dataFolder === undefined ? this.#server.trouble : await this.start({ ...place, dataFolder });
      }
      case 'repair':
        return await this.#repair(place);
      case 'show log':
        await this.#log.flush();
        shell.showItemInFolder(this.#log.path);
        break;
      case 'quit':
        app.quit();
    }
    return this.#server.trouble;
  }

  /** Another place than before counts from now on only if the registry runs there. */
  async start({ port, dataFolder }: Place): Promise<Trouble | null> {
    this.#log.moveTo(dataFolder);
    const trouble = await this.#server.start({ port, dataFolder });
    if (trouble === null) await this.#remember({ port, dataFolder });
    return trouble;
  }

  /** Moves a registry that runs. Where that fails it goes on as it was. */
  async move(to: Place): Promise<Trouble | null> {
    const { port, dataFolder } = this.#settings.current;
    const trouble = await this.#server.move({ port, dataFolder }, to);
    if (trouble !== null) return trouble;
    this.#log.moveTo(to.dataFolder);
    await this.#remember(to);
    return null;
  }

  async #remember(place: Place): Promise<void> {
    const { port, dataFolder } = this.#settings.current;
    if (place.port === port && place.dataFolder === dataFolder) return;
    await this.#settings.move(place);
  }

  async #repair(place: Place): Promise<Trouble | null> {
    try {
      const report = await repairDataFolder(place.dataFolder);
      const repaired = describeRepair(report);
      this.#log.info('repaired', { repaired });
      const trouble = await this.start(place);
      return trouble === null ? null : this.#server.addRepair(repaired);
    } catch (error) {
      this.#log.error('could not repair', { error });
      return this.#server.addRepair(error instanceof Error ? error.message : String(error));
    }
  }
}
