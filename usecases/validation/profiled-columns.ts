import type { Contract } from '../../core/contract/contract.ts';
import { treatmentOf } from '../../core/contract/personal.ts';
import type { ProfiledColumn } from '../../platform/duckdb/column-batch.ts';

/** Features and the label, but nothing personal; identifiers and times say nothing as distributions. */
export function profiledColumns(contract: Contract, present: readonly string[]): ProfiledColumn[] {
  const columns = contract.features
    .filter(({ personal }) => personal === 'no')
    .map(
      ({ name, type }): ProfiledColumn => ({
        name,
        kind: type === 'string' || type === 'boolean' ? 'categorical' : 'numeric',
      }),
    );
  const { label } = contract.data;
  const isFeature = contract.features.some(({ name }) => name === label);
  if (label !== undefined && !isFeature && present.includes(label) && treatmentOf(contract, label) === 'no')
    columns.push({ name: label, kind: 'categorical' });
  return columns;
}
