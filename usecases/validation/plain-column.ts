import type { CellRule, CellSql } from '../../core/contract/cells/cell-rule.ts';
import type { LeftOut } from './file-profile.ts';

/** A column of a file that is held to no contract. */
export interface PlainColumn {
  readonly name: string;
  /**
   * What its cells are: `text` of a format that has nothing else, in which anything may be written; `number`s; or
   * `other` values, which are no numbers whatever their text may be.
   */
  readonly kind: 'text' | 'number' | 'other';
  /** Its cells as SQL over the relation; null where there is none. */
  readonly field: string;
  /** Their text, where the field is at hand as a column. */
  text(field: string): string;
  /** What a rule reads them as; undefined where values of their type cannot be the rule's. */
  cell(rule: CellRule, field: string): CellSql | undefined;
}

/** A file as a relation. */
export interface PlainTable {
  /** What a query selects from. */
  readonly relation: string;
  readonly columns: readonly PlainColumn[];
  /** Rows, where they are known without being counted. */
  readonly rows?: number;
  /** What divides the fields of CSV, where it is not what the ending of the name says. */
  readonly delimiter?: string;
  /** Whether it is an array of JSON, whose records have numbers instead of lines. */
  readonly array?: boolean;
  /** Whether a first column without a name is not among them. */
  readonly index: boolean;
  /** Records that are no rows of it. */
  readonly leftOut: LeftOut[];
}
