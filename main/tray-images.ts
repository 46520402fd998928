export type TrayState = 'running' | 'busy' | 'attention' | 'stopped';

/** The drawings of each state, one after the other: bars at rest, bars that fill, a dot, an empty quay. */
export const FRAMES: Readonly<Record<TrayState, readonly string[]>> = {
  running: ['running'],
  busy: ['busy-1', 'busy-2', 'busy-3'],
  attention: ['attention'],
  stopped: ['stopped'],
};

/** File of a drawing, as a system's bar wants it. Electron finds the `@2x` one beside it. */
export function trayFile(drawing: string, platform: NodeJS.Platform, isTaskbarDark: boolean): string {
  switch (platform) {
    case 'darwin':
      // The system tints it, and knows it by this name.
      return `${drawing}Template.png`;
    case 'win32':
      // It has each size that a display may want.
      return `${drawing}-${isTaskbarDark ? 'dark' : 'light'}.ico`;
    default:
      // What colour a panel has, nobody says: this one is legible on all.
      return `${drawing}-panel.png`;
  }
}
