import type { RuleName } from './rules/rules.ts';

/** One rule broken by one value. */
export interface Violation {
  readonly feature: string;
  /** Of a feature; or of a whole tensor's shape, of a row among others, of a line that is no row. */
  readonly rule: RuleName | 'shape' | 'duplicate' | 'unreadable';
  /** What was received, shortened; absent for personal features. */
  readonly received?: string;
  /** What is allowed, in words: `at least 0`, `one of EWR, JFK, LGA`. */
  readonly allowed: string;
  /** Row within the request or file, 0-based. */
  readonly row: number;
}
