import { EventEmitter } from 'node:events';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { askHowToQuit, type QuitAnswer } from './dialogs.ts';
import { Quit, type QuitParts } from './quit.ts';

const { app, powerMonitor } = await vi.hoisted(async () => {
  const { EventEmitter: Emitter } = await import('node:events');
  return {
    app: Object.assign(new Emitter(), { quit: vi.fn() }),
    powerMonitor: new Emitter(),
  };
});
vi.mock('electron', () => ({ app, powerMonitor }));
vi.mock('./dialogs.ts');
// The clock of the tests does not reach Node's own promise of a timer.
vi.mock('node:timers/promises', () => ({
  setTimeout: (ms: number) => new Promise((resolve) => setTimeout(resolve, ms).unref()),
}));

const stop = vi.fn<(graceMs?: number) => Promise<void>>();
const close = vi.fn<() => Promise<void>>();
const log = { info: vi.fn(), error: vi.fn(), flush: () => Promise.resolve() };
let pushes: number;
let watch: EventEmitter;
let quit: Quit;
/** Answers the questions, in the order in which they were asked. */
let answers: ((given: QuitAnswer) => void)[];

beforeEach(() => {
  app.quit.mockClear();
  log.error.mockClear();
  for (const each of [app, powerMonitor]) each.removeAllListeners();
  stop.mockReset().mockResolvedValue();
  close.mockReset().mockResolvedValue();
  pushes = 1;
  watch = Object.defineProperty(new EventEmitter(), 'figures', { get: () => ({ pushes }) });
  answers = [];
  vi.mocked(askHowToQuit)
    .mockReset()
    .mockImplementation(
      (_parent, _pushes, signal) =>
        new Promise((resolve) => {
          answers.push(resolve);
          signal.addEventListener('abort', () => resolve('stay'));
        }),
    );
  quit = new Quit({
    server: { stop },
    files: { close },
    watch,
    window: { letClose: vi.fn(), parent: () => Promise.resolve(undefined) },
    settings: { current: { whatDoesQuit: 'ask' }, written: () => Promise.resolve() },
    log,
  } as unknown as QuitParts);
});

const isAsked = (times = 1): Promise<void> => vi.waitFor(() => expect(answers).toHaveLength(times));
const ends = (): Promise<void> => vi.waitFor(() => expect(app.quit).toHaveBeenCalledOnce());

describe('when the system goes down before the question is answered', () => {
  it.each<QuitAnswer>(['wait', 'cut', 'stay'])('it ends once, although %j is answered', async (answer) => {
    const now = quit.now();
    await isAsked();
    powerMonitor.emit('shutdown');
    await ends();
    answers[0]?.(answer);
    await now;
    expect(quit.isWaiting).toBe(false);
    expect(stop).toHaveBeenCalledOnce();
    // Nor is anybody asked again.
    const preventDefault = vi.fn();
    app.emit('before-quit', { preventDefault });
    expect(preventDefault).not.toHaveBeenCalled();
  });
});

describe('asked to quit', () => {
  it('ends whatever cannot be closed', async () => {
    pushes = 0;
    close.mockRejectedValue(new Error('stuck'));
    await quit.now();
    await ends();
    expect(log.error).toHaveBeenCalledOnce();
  });

  it('ends when something would never be closed', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout'] });
    try {
      pushes = 0;
      stop.mockReturnValue(new Promise(() => undefined));
      const now = quit.now();
      await vi.advanceTimersByTimeAsync(20_000);
      await now;
      await ends();
      expect(log.error).toHaveBeenCalledOnce();
    } finally {
      vi.useRealTimers();
    }
  });

  it('waits for the pushes where it cannot ask, and ends when it is asked again', async () => {
    vi.mocked(askHowToQuit).mockRejectedValueOnce(new Error('no display'));
    await quit.now();
    expect(quit.isWaiting).toBe(true);
    await quit.now();
    await ends();
    expect(stop).toHaveBeenCalledWith(0);
  });

  it('asks anew when it is asked again, and heeds only the last answer', async () => {
    const first = quit.now();
    await isAsked();
    const second = quit.now();
    await isAsked(2);
    await first;
    expect(quit.isWaiting).toBe(false);
    answers[0]?.('cut');
    answers[1]?.('wait');
    await second;
    expect(quit.isWaiting).toBe(true);
    expect(app.quit).not.toHaveBeenCalled();
  });

  it('ends when the last push is done before the answer', async () => {
    const now = quit.now();
    await isAsked();
    pushes = 0;
    answers[0]?.('wait');
    await now;
    await ends();
  });
});

describe('stay', () => {
  it('takes the waiting back: the end of a push is no end of the app', async () => {
    const now = quit.now();
    await isAsked();
    answers[0]?.('wait');
    await now;
    expect(quit.stay()).toBe(true);
    expect(quit.isWaiting).toBe(false);
    pushes = 0;
    watch.emit('figures', { pushes });
    await new Promise(setImmediate);
    expect(app.quit).not.toHaveBeenCalled();
  });

  it('comes too late when it ends already', async () => {
    pushes = 0;
    const now = quit.now();
    expect(quit.stay()).toBe(false);
    await now;
  });
});
