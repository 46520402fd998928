import { existsSync, readdirSync, readFileSync, rmSync, watch, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const LETTER = /^second-instance-\d+\.json$/;

/** One app for each folder of user data: a later one leaves a letter for the first, and goes. */
export class InstanceLock {
  #folder;
  #welcome;
  #watcher;

  /** @param welcome gets argv, working folder and additional data of a later start */
  constructor(folder, welcome) {
    this.#folder = folder;
    this.#welcome = welcome;
  }

  take(additionalData) {
    if (!this.#claim()) {
      const letter = [process.argv, process.cwd(), additionalData];
      writeFileSync(join(this.#folder, `second-instance-${process.pid}.json`), JSON.stringify(letter));
      return false;
    }
    this.#watcher = watch(this.#folder, () => this.#readLetters());
    return true;
  }

  /** Whether there is another app already, so that this one is about to go. */
  get isTaken() {
    return existsSync(this.#path) && isAlive(Number(readFileSync(this.#path, 'utf8')));
  }

  release() {
    if (this.#watcher === undefined) return;
    this.#watcher.close();
    rmSync(this.#path, { force: true });
  }

  get #path() {
    return join(this.#folder, 'instance.lock');
  }

  #claim() {
    try {
      writeFileSync(this.#path, String(process.pid), { flag: 'wx' });
      return true;
    } catch {
      if (this.isTaken) return false;
      rmSync(this.#path);
      return this.#claim();
    }
  }

  #readLetters() {
    for (const name of readdirSync(this.#folder).filter((each) => LETTER.test(each))) {
      const path = join(this.#folder, name);
      const text = readFileSync(path, 'utf8');
      // Seen before it was written whole: the end of the writing is seen too.
      if (!text.endsWith(']')) continue;
      rmSync(path);
      this.#welcome(...JSON.parse(text));
    }
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
