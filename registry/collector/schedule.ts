export interface Task {
  readonly name: string;
  /** Minutes between two runs; null for never. Asked anew each time. */
  readonly minutes: () => number | null;
  readonly run: (signal: AbortSignal) => Promise<void>;
}

export interface ScheduleOptions {
  /** Whether nobody else needs the disk. */
  readonly isIdle: () => boolean;
  readonly onError: (task: string, error: unknown) => void;
  /** When each task last ran, in milliseconds since 1970. Kept up to date. */
  readonly lastRuns: Record<string, number>;
  /** Called when that has changed. */
  readonly onRun: () => Promise<void>;
}

const MINUTE_MS = 60_000;

/** Pushes that a restart cut off come back within this time for what they were told of. */
const FIRST_RUN_MS = 60 * MINUTE_MS;

/** However busy the registry is, a task waits at most for this many of its own periods. */
const PATIENCE = 2;

/** Runs tasks from time to time, one after the other, while nobody else needs the disk. */
export class Schedule {
  readonly #tasks: readonly Task[];
  readonly #options: ScheduleOptions;
  readonly #started: number;
  readonly #stop = new AbortController();
  readonly #timer: NodeJS.Timeout;
  #running: Promise<void> = Promise.resolve();

  constructor(tasks: readonly Task[], options: ScheduleOptions, now: number = Date.now()) {
    this.#tasks = tasks;
    this.#options = options;
    this.#started = now;
    this.#timer = setInterval(() => void this.look(), MINUTE_MS).unref();
  }

  /** Runs what is due; a look that comes while another is at work waits for it. */
  look(now: number = Date.now()): Promise<void> {
    this.#running = this.#running.then(() => this.#runDue(now));
    return this.#running;
  }

  /**
   * Runs a task when those that are running are done, whether or not it is due.
   *
   * @throws the task's error
   */
  async runNow(name: string): Promise<void> {
    const task = this.#tasks.find((each) => each.name === name);
    if (task === undefined) throw new Error(`There is no task ${name}.`);
    const run = this.#running.then(() => this.#run(task, Date.now()));
    this.#running = run.catch(() => undefined);
    await run;
  }

  /** Stops what is running between two of its steps. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    this.#stop.abort();
    await this.#running;
  }

  async #runDue(now: number): Promise<void> {
    const { signal } = this.#stop;
    const { lastRuns, isIdle, onError } = this.#options;
    for (const task of this.#tasks) {
      const { name, minutes } = task;
      const period = (minutes() ?? Infinity) * MINUTE_MS;
      // The clock may have been wrong when it last ran.
      const lastRun = Math.min(lastRuns[name] ?? this.#started, now);
      const waited = now - lastRun;
      const mayRun = now - this.#started >= Math.min(FIRST_RUN_MS, period) && waited >= period;
      if (!mayRun || signal.aborted || !(isIdle() || waited >= PATIENCE * period)) {
        lastRuns[name] = lastRun;
        continue;
      }
      try {
        await this.#run(task, now);
      } catch (error) {
        if (!signal.aborted) onError(name, error);
      }
    }
  }

  async #run({ name, run }: Task, now: number): Promise<void> {
    const { lastRuns, onRun } = this.#options;
    lastRuns[name] = now;
    await run(this.#stop.signal);
    await onRun();
  }
}
