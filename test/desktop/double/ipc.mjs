import { EventEmitter } from 'node:events';
import { strictInstance } from './strict.mjs';

class IpcMain extends EventEmitter {
  #handlers = new Map();

  handle(channel, handler) {
    if (this.#handlers.has(channel)) {
      throw new Error(`Attempted to register a second handler for '${channel}'`);
    }
    this.#handlers.set(channel, handler);
  }

  removeHandler(channel) {
    this.#handlers.delete(channel);
  }

  /** What a page gets for `ipcRenderer.invoke`. */
  async invoke(event, channel, args) {
    const handler = this.#handlers.get(channel);
    if (handler === undefined) return { error: `Error: No handler registered for '${channel}'` };
    try {
      return { value: structuredClone(await handler(event, ...args)) };
    } catch (error) {
      return { error: String(error) };
    }
  }
}

export const ipcMain = strictInstance('ipcMain', new IpcMain());
