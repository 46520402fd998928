import { closeSync, mkdirSync, mkdtempSync, openSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import electronLog from 'electron-log/node';
import { formatText, type Log, type LogFields, type LogLevel } from '../registry/index.ts';

const NAME = 'berth.log';
const LARGEST_BYTES = 4 << 20;
const KEPT = 5;
const FLUSH_LOOK_MS = 5;
const FLUSH_LOOKS = 200;

/** The registry's log and the shell's, in one file that starts anew when it is full. */
export interface LogFile extends Log {
  /** Where it is written to. */
  readonly path: string;
  /** Goes on in another data folder. */
  moveTo(dataFolder: string): void;
}

/**
 * @param spare takes the log where the data folder cannot, which is when it is needed most
 */
export function openLog(dataFolder: string, spare: string, largestBytes = LARGEST_BYTES): LogFile {
  const logger = electronLog.create({ logId: 'desktop' });
  const { file, console } = logger.transports;
  let last: string | undefined;
  const pathIn = (folder: string): string => {
    const usable = [join(folder, 'logs'), spare].find(canBeWrittenTo);
    return join(usable ?? (last ??= temporaryFolder() ?? spare), NAME);
  };
  let path = pathIn(dataFolder);
  console.level = false;
  file.level = 'info';
  // The event loop serves pushes meanwhile.
  file.sync = false;
  file.maxSize = largestBytes;
  file.resolvePathFn = () => path;
  file.archiveLogFn = (full) => rotate(full.path);
  file.transforms = [
    ({ message: { date, level, data } }) => {
      const [message, fields] = data as [string, LogFields | undefined];
      return formatText(date, level, message, fields);
    },
  ];

  const at =
    (level: LogLevel) =>
    (message: string, fields?: LogFields): void =>
      logger[level](message, fields);
  return {
    get path() {
      return path;
    },
    moveTo(folder) {
      path = pathIn(folder);
    },
    get level() {
      return file.level as LogLevel;
    },
    set level(level: LogLevel) {
      file.level = level;
    },
    error: at('error'),
    warn: at('warn'),
    info: at('info'),
    debug: at('debug'),
    async flush() {
      // electron-log tells nobody when its queue is empty, but whether it is.
      const pending = file.getFile() as unknown as { hasActiveAsyncWriting: boolean };
      for (let look = 0; pending.hasActiveAsyncWriting && look < FLUSH_LOOKS; look += 1) {
        await delay(FLUSH_LOOK_MS);
      }
    },
  };
}

/** Where no folder of the app takes it. Everybody may write beside it: the name is new, and nobody else may enter. */
function temporaryFolder(): string | undefined {
  try {
    return mkdtempSync(join(tmpdir(), 'berth-logs-'));
  } catch {
    // There is no log then, which is no reason not to start.
    return undefined;
  }
}

function canBeWrittenTo(folder: string): boolean {
  try {
    mkdirSync(folder, { recursive: true });
    closeSync(openSync(join(folder, NAME), 'a'));
    return true;
  } catch {
    // Why not, the start of the registry says.
    return false;
  }
}

/** `berth.log` becomes `berth.1.log`, that one `berth.2.log`, and so on. */
function rotate(path: string): void {
  const numbered = (index: number): string => path.replace(/\.log$/, `.${index}.log`);
  try {
    rmSync(numbered(KEPT), { force: true });
    const names = new Set(readdirSync(join(path, '..')));
    for (let index = KEPT - 1; index >= 1; index -= 1) {
      if (names.has(`berth.${index}.log`)) renameSync(numbered(index), numbered(index + 1));
    }
    renameSync(path, numbered(1));
  } catch {
    // The log goes on in the full file: nobody could be told anyway.
  }
}
