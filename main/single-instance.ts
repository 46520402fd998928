import { app } from 'electron';
import * as v from 'valibot';
import { argumentsAnew, program } from './command-line.ts';

/** What a later start of the app hands over to the first. */
const HANDED_OVER = v.object({ files: v.array(v.string()) });

type Listener = (files: readonly string[]) => void;

/** One app for each user: a later start hands its files over to the first, and wants to see its window. */
export class SingleInstance {
  #early: (readonly string[])[] = [];
  #listener: Listener | undefined;

  /** False if this is a later start, whose files the first one then has. */
  take(files: readonly string[]): boolean {
    // From the first moment on: whoever starts twice does so while the app is still starting.
    app.on('second-instance', (_event, _argv, _folder, handedOver: unknown) => {
      const parsed = v.safeParse(HANDED_OVER, handedOver);
      this.#welcome(parsed.success ? parsed.output.files : []);
    });
    return app.requestSingleInstanceLock({ files });
  }

  /** Tells of later starts, those from before included. */
  listen(listener: Listener): void {
    this.#listener = listener;
    const early = this.#early;
    this.#early = [];
    for (const files of early) listener(files);
  }

  #welcome(files: readonly string[]): void {
    if (this.#listener === undefined) this.#early.push(files);
    else this.#listener(files);
  }
}

/** The app is about to end, and this one with it: another one follows. */
export function startAnew(files: readonly string[]): void {
  app.relaunch({ execPath: program(), args: argumentsAnew(files) });
}
