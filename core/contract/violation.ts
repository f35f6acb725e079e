import type { RuleName } from './rules/rules.ts';

/** One rule broken by one value. */
export interface Violation {
  readonly feature: string;
  /** Of a feature; of a time that is yet to come; of a whole tensor's shape, a row among others, a line that is no row. */
  readonly rule: RuleName | 'future' | 'shape' | 'duplicate' | 'unreadable';
  /** What was received, shortened; absent for personal features. */
  readonly received?: string;
  /** What is allowed, in words: `at least 0`, `one of EWR, JFK, LGA`. */
  readonly allowed: string;
  /** Row within the request or file, 0-based. */
  readonly row: number;
}
