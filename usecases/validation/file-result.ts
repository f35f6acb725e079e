import type { Violation } from '../../core/contract/violation.ts';
import type { Profile } from '../../core/profile/profile.ts';
import type { FileRejectedError } from './errors.ts';
import type { Treated } from './personal-columns.ts';

/** One quarantined row, with all its reasons. */
export interface QuarantinedRow {
  /** 1-based line of the source (row, for Parquet). */
  readonly line: number;
  /** The line as it came; absent where the contract marks personal fields, as are the values in the reasons. */
  readonly raw?: string;
  /** Pseudonym of whom the row is about, where the contract names a subject. */
  readonly subject?: string;
  readonly reasons: Omit<Violation, 'row'>[];
}

/** What a file was found to be. */
export interface FileValidationResult {
  readonly verdict: 'accepted' | 'rejected';
  /** Why the file was rejected whole. */
  readonly rejection?: { readonly rule: FileRejectedError['rule']; readonly reason: string };
  /** accepted + quarantined = lines: every data line is accounted for. */
  readonly rows: { readonly lines: number; readonly accepted: number; readonly quarantined: number };
  /** Quarantined rows by feature and rule, most frequent first. */
  readonly reasons: {
    readonly feature: string;
    readonly rule: string;
    readonly allowed: string;
    readonly rows: number;
  }[];
  /** What was done with the personal columns; absent where there are none. */
  readonly personal?: Treated;
  /** Of the good rows; absent when the file could not be read. */
  readonly profile?: Profile;
  /** Good rows, when the file was accepted. */
  readonly dataFile?: string;
  /** {@link QuarantinedRow}s as JSON lines, when there are any. */
  readonly quarantineFile?: string;
}
