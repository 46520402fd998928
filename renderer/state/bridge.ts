import type { Bridge } from '../../main/bridge.ts';

/** What only the desktop can do. In a browser there is none of it. */
export const bridge = (globalThis as { berth?: Bridge }).berth;

/** Whether the window's own buttons lie over its upper left corner. */
export const hasTrafficLights = bridge?.platform === 'darwin';
