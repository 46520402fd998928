import type { Command } from '../../main/bridge.ts';
import { bridge } from './bridge.ts';

type Name = Command['command'];
type CommandOf<N extends Name> = Extract<Command, { command: N }>;

const handlers = new Map<Name, (command: never) => void>();

/** What the tray and the application's menu ask the window to do; one answer to each. */
export const commands = {
  on<N extends Name>(name: N, handler: (command: CommandOf<N>) => void): () => void {
    handlers.set(name, handler);
    return () => {
      if (handlers.get(name) === handler) handlers.delete(name);
    };
  },

  /** Listens to the desktop; returns how to end it. */
  follow(): () => void {
    const end = bridge?.onCommand((command) => {
      (handlers.get(command.command) as ((command: Command) => void) | undefined)?.(command);
    });
    return () => end?.();
  },
};
