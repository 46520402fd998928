import { vi } from 'vitest';
import type { Ledger } from '../../registry/catalog/ledger.ts';
import { SegmentWriter } from '../../registry/journal/segment-writer.ts';

/** A disk that keeps the journal waiting, until the test lets it go on. */
export class HeldJournal {
  readonly #ledger: Ledger;
  readonly #append;
  readonly #accepted;
  #goOn: () => void = () => undefined;
  #fail: (error: unknown) => void = () => undefined;

  constructor(ledger: Ledger) {
    this.#ledger = ledger;
    this.#accepted = [vi.spyOn(ledger, 'decide'), vi.spyOn(ledger, 'commit')];
    const { append } = SegmentWriter.prototype;
    const gate = new Promise<void>((resolve, reject) => {
      this.#goOn = resolve;
      this.#fail = reject;
    });
    gate.catch(() => undefined);
    this.#append = vi.spyOn(SegmentWriter.prototype, 'append').mockImplementation(async function wait(
      this: SegmentWriter,
      bytes,
    ) {
      await gate;
      await append.call(this, bytes);
    });
  }

  /** Resolves when that many records were handed to the journal, be it for writing or for waiting. */
  async accepted(count: number): Promise<void> {
    await vi.waitFor(() => {
      const calls = this.#accepted.reduce((sum, { mock }) => sum + mock.calls.length, 0);
      if (calls < count) throw new Error(`${calls} of ${count} records`);
    });
  }

  /** Something that is being written, so that what follows waits for its turn. */
  async block(): Promise<void> {
    void this.#ledger.commit({}, { op: 'history.trim', before: 0 });
    await this.begun();
  }

  /** Resolves when a write waits for the disk. */
  async begun(): Promise<void> {
    await vi.waitFor(() => {
      if (this.#append.mock.calls.length === 0) throw new Error('nothing is being written');
    });
  }

  release(): void {
    this.#append.mockRestore();
    this.#goOn();
    for (const spy of this.#accepted) spy.mockRestore();
  }

  /** What is being written fails; what comes after it does not. */
  fail(error: Error): void {
    this.#append.mockRestore();
    this.#fail(error);
    for (const spy of this.#accepted) spy.mockRestore();
  }
}
