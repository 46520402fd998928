import { ipcMain, type IpcMainInvokeEvent } from 'electron';
import * as v from 'valibot';
import type { Log } from '../registry/index.ts';
import type { Calls } from './channels.ts';
import { WINDOW_URL } from './protocol.ts';

type Schemas<Arguments extends readonly unknown[]> = {
  readonly [Index in keyof Arguments]: v.GenericSchema<unknown, Arguments[Index]>;
};

type Answer<Channel extends keyof Calls> = ReturnType<Calls[Channel]> | Promise<ReturnType<Calls[Channel]>>;

export interface Ipc {
  /** @param schemas of the arguments, one for each */
  on<Channel extends keyof Calls>(
    channel: Channel,
    schemas: Schemas<Parameters<Calls[Channel]>>,
    answer: (...args: Parameters<Calls[Channel]>) => Answer<Channel>,
  ): void;
}

/** Answers the window's page and nobody else, and only what it understands wholly. */
export function openIpc(log: Log): Ipc {
  return {
    on(channel, schemas, answer) {
      const parser = v.strictTuple(schemas as unknown as v.GenericSchema[]);
      ipcMain.handle(channel, async (event: IpcMainInvokeEvent, ...args: unknown[]) => {
        if (!isOwnPage(event)) {
          log.warn('a page that is none of ours asked for something', { channel });
          throw new Error('This page may not use Berth.');
        }
        const parsed = v.safeParse(parser, args);
        if (!parsed.success) {
          log.warn('the window asked for something that makes no sense', { channel });
          throw new TypeError(`${channel} was called with ${v.summarize(parsed.issues)}`);
        }
        try {
          return await answer(...(parsed.output as Parameters<Calls[typeof channel]>));
        } catch (error) {
          log.warn('could not do what the window asked for', { channel, error });
          throw error;
        }
      });
    },
  };
}

/** A frame within the page, or a page of another origin that the window was led to, is not ours. */
function isOwnPage({ senderFrame: frame }: IpcMainInvokeEvent): boolean {
  return frame !== null && frame.parent === null && frame.url.startsWith(WINDOW_URL);
}
