/**
 * A value that clients write side by side. What it may be now follows from when each write began and ended:
 * one that was over before another began that was acknowledged is out of the question.
 *
 * @template T
 */
export class Register {
  /** @type {{ value: T, began: number, ended: number, acknowledged: boolean }[]} */
  #writes;

  /** @param {T} value */
  constructor(value) {
    this.#writes = [{ value, began: -1, ended: -1, acknowledged: true }];
  }

  /** To be called before the request is sent; the result is told what became of it. */
  begin(value, now) {
    const write = { value, began: now, ended: Infinity, acknowledged: false };
    this.#writes.push(write);
    return write;
  }

  /** Whether the value could have come from nothing but this write, the last one. */
  isTelling(write) {
    const others = this.#writes.slice(0, -1);
    return this.#writes.at(-1) === write && others.every(({ value }) => value !== write.value);
  }

  /** A write that was refused did not happen. */
  refuse(write) {
    this.#writes = this.#writes.filter((each) => each !== write);
  }

  /** @returns {Set<T>} */
  possible() {
    const sure = this.#writes.filter(({ acknowledged }) => acknowledged);
    const latestBegin = Math.max(...sure.map(({ began }) => began));
    return new Set(this.#writes.filter(({ ended }) => ended >= latestBegin).map(({ value }) => value));
  }

  /** What was found after a restart is what it is from now on. */
  settle(value) {
    this.#writes = [{ value, began: -1, ended: -1, acknowledged: true }];
  }
}

/** What must be true of one repository. */
export class RepositoryModel {
  /** Tag -> digest, or undefined for a tag that is not there. @type {Map<string, Register<string | undefined>>} */
  tags = new Map();
  /** Digest -> whether it was put and not deleted. @type {Map<string, Register<boolean>>} */
  manifests = new Map();
  /** Tag -> what was set of it: `protected`, a time as ISO 8601, or nothing. @type {Map<string, Register<string>>} */
  settings = new Map();

  /** @param {string} name @param {boolean} isShared whether several clients write to it at a time */
  constructor(name, isShared) {
    this.name = name;
    this.isShared = isShared;
  }

  tag(name) {
    if (!this.tags.has(name)) this.tags.set(name, new Register(undefined));
    return this.tags.get(name);
  }

  manifest(digest) {
    if (!this.manifests.has(digest)) this.manifests.set(digest, new Register(false));
    return this.manifests.get(digest);
  }

  setting(tag) {
    if (!this.settings.has(tag)) this.settings.set(tag, new Register(''));
    return this.settings.get(tag);
  }

  /** Rules decide about its tags. @see check/rules.mjs */
  get isRuled() {
    return this.name.endsWith('/ci');
  }

  /** Tags of which it is certain where they point. @returns {Map<string, string>} */
  certainTags() {
    const certain = new Map();
    for (const [tag, register] of this.tags) {
      const [digest, ...others] = register.possible();
      if (others.length === 0 && digest !== undefined) certain.set(tag, digest);
    }
    return certain;
  }
}

/** @typedef {{ register: Register<any>, write: any }[]} Together what one record writes */

/** Everything that clients were promised, and what they are in doubt about. */
export class Model {
  /** @type {Map<string, RepositoryModel>} */
  repositories = new Map();
  /** Ids of upload sessions that ended in a way that was acknowledged: nothing of them may be left. */
  endedUploads = new Set();
  /** Sessions that clients left open on purpose: id -> bytes sent, or undefined if that is in doubt. */
  openUploads = new Map();
  /** Since the last check: what no tag leads to may have gone, and cannot be taken back. */
  trashWasEmptied = false;
  /** While there is one: what is neither protected nor in use may go at any time. @type {{ bytes: number, isKept: boolean } | undefined} */
  budget;
  /** Records of the journal that may be there or not, each as a whole. @type {Together[]} */
  #doubtful = [];
  #clock = 0;

  repository(name, isShared = false) {
    if (!this.repositories.has(name)) this.repositories.set(name, new RepositoryModel(name, isShared));
    return this.repositories.get(name);
  }

  /** Uploads under way outlive a restart, but nothing was said of a power failure: they may be as they were. */
  loseUploads() {
    for (const id of [...this.openUploads.keys(), ...this.endedUploads]) this.openUploads.set(id, undefined);
    this.endedUploads.clear();
  }

  /** The rules have been asked: whatever they decide about may be gone. */
  ruled() {
    for (const repository of this.repositories.values()) {
      if (!repository.isRuled) continue;
      const tags = [...repository.tags.values()].map((register) => [register, undefined]);
      const manifests = [...repository.manifests.values()].map((register) => [register, false]);
      this.begin([...tags, ...manifests]).doubt();
    }
  }

  /** The budget is over: whatever it could take may be gone, for good. */
  spent() {
    this.budget = undefined;
    this.trashWasEmptied = true;
    for (const repository of this.repositories.values()) {
      const tags = [...repository.tags].filter(([tag]) => !isProtected(repository, tag));
      const manifests = [...repository.manifests.values()].map((register) => [register, false]);
      const settings = tags.flatMap(([tag]) => repository.settings.get(tag) ?? []).map((each) => [each, '']);
      this.begin([...tags.map(([, register]) => [register, undefined]), ...manifests, ...settings]).doubt();
    }
  }

  /**
   * One change of several registers: they are written together.
   *
   * @param {[import('./model.mjs').Register<any>, any][]} writes
   */
  begin(writes) {
    const began = this.#tick();
    const pending = writes.map(([register, value]) => ({ register, write: register.begin(value, began) }));
    return {
      pending,
      acknowledge: () => {
        const ended = this.#tick();
        for (const { write } of pending) Object.assign(write, { ended, acknowledged: true });
      },
      /** It may have happened, but not later than now: the server is gone, or has given up. */
      doubt: () => {
        const ended = this.#tick();
        for (const { write } of pending) write.ended = ended;
      },
      /** In doubt, unless it was acknowledged. */
      end: () => {
        const ended = this.#tick();
        for (const { write } of pending) if (!write.acknowledged) write.ended = ended;
      },
      refuse: () => {
        for (const { register, write } of pending) register.refuse(write);
      },
    };
  }

  /** @param {Together} pending a request of a client that nobody else interferes with */
  doubtTogether(pending) {
    this.#doubtful.push(pending);
  }

  /**
   * To be called before registers are settled.
   *
   * @returns {() => Together | undefined} to be called after that: what took effect by halves
   */
  watchDoubtful() {
    const isKnown = !this.trashWasEmptied;
    const groups = isKnown ? this.#doubtful.map((group) => group.filter(isTelling)) : [];
    this.#doubtful = [];
    return () =>
      groups.find((group) => {
        const outcomes = group.map(({ register, write }) => register.possible().has(write.value));
        return new Set(outcomes).size > 1;
      });
  }

  #tick() {
    this.#clock += 1;
    return this.#clock;
  }
}

/** For certain, by itself or by a rule. */
export function isProtected(repository, tag) {
  const setting = repository.settings.get(tag)?.possible() ?? new Set();
  if (setting.size === 1 && setting.has('protected')) return true;
  return repository.isRuled && tag.startsWith('release-');
}

function isTelling({ register, write }) {
  return register.isTelling(write);
}
