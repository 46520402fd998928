import { expect, it, vi } from 'vitest';
import type { Log } from '../registry/index.ts';
import { askHowToQuit, type QuitAnswer } from './dialogs.ts';
import { Quit } from './quit.ts';
import type { Server } from './server.ts';
import type { SettingsFile } from './settings.ts';
import type { Watch } from './watch.ts';
import type { MainWindow } from './window.ts';

const { app, powerMonitor } = await vi.hoisted(async () => {
  const { EventEmitter } = await import('node:events');
  return {
    app: Object.assign(new EventEmitter(), { quit: vi.fn() }),
    powerMonitor: new EventEmitter(),
  };
});
vi.mock('electron', () => ({ app, powerMonitor }));
vi.mock('./dialogs.ts');

it.each<QuitAnswer>(['wait', 'cut', 'stay'])(
  'ends once when the system goes down before %j is answered',
  async (answer) => {
    app.quit.mockClear();
    for (const each of [app, powerMonitor]) each.removeAllListeners();
    const stop = vi.fn(() => Promise.resolve());
    const quit = new Quit(
      { stop } as unknown as Server,
      { figures: { pushes: 1 }, on: vi.fn() } as unknown as Watch,
      { letClose: vi.fn(), isVisible: false } as unknown as MainWindow,
      { current: { whatDoesQuit: 'ask' } } as SettingsFile,
      { info: vi.fn(), flush: () => Promise.resolve() } as unknown as Log,
    );
    let settle: (given: QuitAnswer) => void = () => undefined;
    vi.mocked(askHowToQuit).mockReturnValue(new Promise((resolve) => (settle = resolve)));
    const now = quit.now();
    powerMonitor.emit('shutdown');
    await vi.waitFor(() => expect(app.quit).toHaveBeenCalled());
    settle(answer);
    await now;
    expect(quit.isWaiting).toBe(false);
    expect(stop).toHaveBeenCalledOnce();
    // Nor is anybody asked again.
    const preventDefault = vi.fn();
    app.emit('before-quit', { preventDefault });
    expect(preventDefault).not.toHaveBeenCalled();
  },
);
