import type { RetentionRule } from '../../../../registry/api/contract.ts';
import { textOf, type RuleText } from './rule-text.ts';

const EMPTY: RuleText = textOf({ repositories: '' });

/** The rule that somebody is writing: nothing of it is in force, and it waits while one looks at other places. */
export class RuleDraft {
  /** Its place among the rules; undefined while no rule is being written. */
  index = $state<number>();
  text = $state<RuleText>(EMPTY);
  #before = $state.raw<RuleText>(EMPTY);

  /** Whether there is something to lose. */
  get changed(): boolean {
    const names = Object.keys(EMPTY) as (keyof RuleText)[];
    return this.index !== undefined && names.some((name) => this.text[name] !== this.#before[name]);
  }

  /** @param rule none for a new one */
  begin(index: number, rule?: RetentionRule): void {
    this.#before = rule === undefined ? EMPTY : textOf(rule);
    this.text = { ...this.#before };
    this.index = index;
  }

  end(): void {
    this.index = undefined;
  }
}

export const ruleDraft = new RuleDraft();
