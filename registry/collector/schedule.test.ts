import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Schedule, type ScheduleOptions } from './schedule.ts';

const HOUR_MS = 3_600_000;
const START = Date.UTC(2026, 0, 1);

let runs: string[];
let schedule: Schedule | undefined;

beforeEach(() => {
  runs = [];
});
afterEach(() => schedule?.close());

const QUIET: ScheduleOptions = {
  isIdle: () => true,
  onError: () => undefined,
  lastRuns: {},
  onRun: async () => undefined,
};

function start(minutes: number | null, options: Partial<ScheduleOptions> = {}): Schedule {
  const task = { name: 'task', minutes: () => minutes, run: async () => void runs.push('task') };
  schedule = new Schedule([task], { ...QUIET, lastRuns: {}, ...options }, START);
  return schedule;
}

describe('Schedule', () => {
  it('runs a task once in its period, the first time an hour after the start', async () => {
    start(60);
    for (const hours of [0.5, 0.99, 1, 1.5, 1.99, 2, 2.1]) await schedule?.look(START + hours * HOUR_MS);
    expect(runs).toHaveLength(2);
  });

  it('never runs a task that is switched off', async () => {
    start(null);
    await schedule?.look(START + 1000 * HOUR_MS);
    expect(runs).toEqual([]);
  });

  it('waits while somebody pushes, but not for ever', async () => {
    start(60, { isIdle: () => false });
    await schedule?.look(START + 1.5 * HOUR_MS);
    expect(runs).toEqual([]);
    await schedule?.look(START + 2 * HOUR_MS);
    expect(runs).toHaveLength(1);
  });

  it('remembers over a restart when a task last ran', async () => {
    const lastRuns = { task: START - 100 * HOUR_MS };
    start(168 * 60, { lastRuns });
    await schedule?.look(START + 2 * HOUR_MS);
    expect(runs).toEqual([]);
    await schedule?.look(START + 69 * HOUR_MS);
    expect(runs).toHaveLength(1);
    expect(lastRuns.task).toBe(START + 69 * HOUR_MS);
  });

  it('counts from now on when the clock was ahead', async () => {
    start(60, { lastRuns: { task: START + 10_000 * HOUR_MS } });
    await schedule?.look(START + HOUR_MS);
    await schedule?.look(START + 2 * HOUR_MS);
    expect(runs).toHaveLength(1);
  });

  it('goes on with the other tasks, and later with the same, when one fails', async () => {
    const onError = vi.fn();
    const failing = {
      name: 'failing',
      minutes: () => 60,
      run: async () => {
        throw new Error('no');
      },
    };
    const fine = { name: 'fine', minutes: () => 60, run: async () => void runs.push('fine') };
    schedule = new Schedule(
      [failing, fine],
      { isIdle: () => true, onError, lastRuns: {}, onRun: async () => undefined },
      START,
    );
    await schedule.look(START + HOUR_MS);
    await schedule.look(START + 2 * HOUR_MS);
    expect(onError).toHaveBeenCalledTimes(2);
    expect(runs).toEqual(['fine', 'fine']);
  });

  it('stops what is running when it is closed', async () => {
    let stopped = false;
    schedule = new Schedule(
      [
        {
          name: 'endless',
          minutes: () => 60,
          run: (signal) =>
            new Promise((_, reject) => {
              signal.addEventListener('abort', () => {
                stopped = true;
                reject(signal.reason as Error);
              });
            }),
        },
      ],
      { isIdle: () => true, onError: () => undefined, lastRuns: {}, onRun: async () => undefined },
      START,
    );
    const running = schedule.look(START + HOUR_MS);
    await new Promise((later) => setImmediate(later));
    await schedule.close();
    await running;
    expect(stopped).toBe(true);
  });
});

describe('Schedule.runNow', () => {
  it('runs a task that is not due, and counts that as its turn', async () => {
    const lastRuns: Record<string, number> = {};
    await start(60, { lastRuns }).runNow('task');
    expect(runs).toEqual(['task']);
    expect(Date.now() - (lastRuns['task'] ?? 0)).toBeLessThan(HOUR_MS);
  });

  it('waits for the run that is under way', async () => {
    const steps: string[] = [];
    const run = async (): Promise<void> => {
      steps.push('begin');
      await new Promise((later) => setImmediate(later));
      steps.push('end');
    };
    schedule = new Schedule([{ name: 'slow', minutes: () => 60, run }], QUIET, START);
    await Promise.all([schedule.runNow('slow'), schedule.runNow('slow')]);
    expect(steps).toEqual(['begin', 'end', 'begin', 'end']);
  });

  it('tells its caller of a failure, and the next run is not in its way', async () => {
    const run = (): Promise<void> => Promise.reject(new Error('no room'));
    schedule = new Schedule([{ name: 'failing', minutes: () => 60, run }], QUIET, START);
    await expect(schedule.runNow('failing')).rejects.toThrow('no room');
    await expect(schedule.runNow('failing')).rejects.toThrow('no room');
  });
});
