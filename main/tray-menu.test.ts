import { describe, expect, it } from 'vitest';
import { stateLine, trayMenu, type TrayDeeds, type TrayView } from './tray-menu.ts';

const nothing = (): void => undefined;
const DEEDS: TrayDeeds = {
  copyAddress: nothing,
  openImage: nothing,
  cleanUp: nothing,
  importImages: nothing,
  openWindow: nothing,
  startAtLogin: nothing,
  quit: nothing,
};

const RUNNING: TrayView = {
  state: 'running',
  address: 'localhost:5080',
  isTroubled: false,
  isQuitting: false,
  figures: { recent: [], disk: { used: 1_500_000, reclaimable: 0 }, pushes: 0, isBusy: false },
  startAtLogin: false,
};

describe('stateLine', () => {
  const busy = { ...RUNNING.figures, isBusy: true };

  it.each([
    [RUNNING, 'Running on localhost:5080'],
    [{ ...RUNNING, figures: { ...busy, pushes: 2 } }, 'Receiving 2 pushes on localhost:5080'],
    [{ ...RUNNING, figures: busy }, 'Working on localhost:5080'],
    [{ ...RUNNING, isQuitting: true, figures: { ...busy, pushes: 1 } }, 'Quits when 1 push is done'],
    [{ ...RUNNING, state: 'stopped', isTroubled: true }, 'Berth could not start…'],
    [{ ...RUNNING, state: 'starting' }, 'Starting…'],
    [{ ...RUNNING, state: 'stopping' }, 'Stopping…'],
  ] satisfies [TrayView, string][])('%#', (view, line) => {
    expect(stateLine(view)).toBe(line);
  });
});

describe('trayMenu', () => {
  const labelOf = (view: TrayView, id: string): string | undefined =>
    trayMenu(view, DEEDS).find((item) => item.id === id)?.label;

  it('says what can be freed only if there is something', () => {
    expect(labelOf(RUNNING, 'space')).toBe('1.5 MB used');
    const figures = { ...RUNNING.figures, disk: { used: 2_000_000_000, reclaimable: 1_200_000_000 } };
    expect(labelOf({ ...RUNNING, figures }, 'space')).toBe('2.0 GB used, 1.2 GB reclaimable');
  });

  it('offers nothing that needs the registry while it does not run', () => {
    const items = trayMenu({ ...RUNNING, state: 'stopped', isTroubled: true }, DEEDS);
    const off = items.filter((item) => item.enabled === false).map(({ id }) => id);
    expect(off).toEqual(['copy', 'recent', 'space', 'clean-up', 'import']);
  });
});
