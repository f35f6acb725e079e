import { brokenRule } from '../../core/contract/broken-rules-sql.ts';
import type { ColumnRule } from '../../core/contract/column-rules.ts';
import type { Contract } from '../../core/contract/contract.ts';
import { isPersonal } from '../../core/contract/personal.ts';
import { clip, formatValue } from '../../core/errors/format-value.ts';
import { type Breach, type Breaches, DUPLICATE } from './breaches.ts';
import type { QuarantinedRow } from './validation-view.ts';

type Reason = QuarantinedRow['reasons'][number];

/** Why rows are quarantined, in words. */
export class BreachReasons {
  readonly #contract: Contract;
  readonly #columns: readonly ColumnRule[];
  readonly #breaches: Breaches;
  /** Values are shown where none of the contract is personal: one may have slipped into the wrong column. */
  readonly #shown: boolean;
  #at = 0;

  constructor(contract: Contract, columns: readonly ColumnRule[], breaches: Breaches) {
    this.#contract = contract;
    this.#columns = columns;
    this.#breaches = breaches;
    this.#shown = !isPersonal(contract);
  }

  /** Whether there are any of a row. Rows are asked about in their order. */
  has(row: number): boolean {
    return this.#at < this.#breaches.entries && this.#breaches.row[this.#at] === row;
  }

  /** All reasons of the row that {@link has} some. @param cell gives the cell of a column as it came */
  take(cell: (column: number) => unknown): Reason[] {
    const { entries, row, column, code } = this.#breaches;
    const own = row[this.#at];
    const reasons: Reason[] = [];
    for (; this.#at < entries && row[this.#at] === own; this.#at++)
      reasons.push(this.#reason({ column: column[this.#at]!, code: code[this.#at]! }, cell));
    return reasons;
  }

  /** Why a record is no row. @param received what it has instead, in words */
  fault(expected: string, received?: string): Reason {
    return {
      feature: '(line)',
      rule: 'unreadable',
      ...(received === undefined ? {} : { received }),
      allowed: expected,
    };
  }

  #reason(breach: Breach, cell: (column: number) => unknown): Reason {
    const rule = describeBreach(this.#contract, this.#columns, breach);
    if (breach.column === DUPLICATE || !this.#shown) return rule;
    return {
      feature: rule.feature,
      rule: rule.rule,
      received: formatCell(cell(breach.column)),
      allowed: rule.allowed,
    };
  }
}

/** The rule that was broken. */
export function describeBreach(
  { file: { unique } }: Contract,
  columns: readonly ColumnRule[],
  { column, code }: Breach,
): Omit<Reason, 'received'> {
  if (column === DUPLICATE) return { feature: unique.join(' + '), rule: 'duplicate', allowed: 'each key once' };
  const { name, allowed } = brokenRule(columns[column]!, code);
  return { feature: columns[column]!.name, rule: name, allowed };
}

/** A cell as a message shows it: text as it stands in the file, without quotes around it. */
function formatCell(value: unknown): string {
  if (value === null || value === undefined) return 'nothing';
  return typeof value === 'string' ? clip(value) : formatValue(value);
}
