import { parquetText } from '../../core/contract/cells/parquet-text.ts';
import type { Contract } from '../../core/contract/contract.ts';
import { columnNamed } from '../../core/contract/data-columns.ts';
import { treatmentOf } from '../../core/contract/personal.ts';
import type { ProfiledColumn } from '../../platform/duckdb/column-batch.ts';
import { identifier } from '../../platform/duckdb/connection.ts';
import type { SummaryOptions } from '../../platform/duckdb/profile.ts';

/**
 * Features and the label, but nothing personal and nothing that no drift is looked for in; identifiers and times say
 * nothing as distributions.
 */
export function profiledColumns(contract: Contract, present: readonly string[]): ProfiledColumn[] {
  const columns = contract.features
    .filter(({ personal, drift }) => personal === 'no' && drift !== false)
    .map(
      ({ name, type }): ProfiledColumn => ({
        name,
        kind: type === 'string' || type === 'boolean' ? 'categorical' : 'numeric',
        finite: true,
      }),
    );
  const label = columnNamed(contract.data, 'label');
  const isFeature = contract.features.some(({ name }) => name === label);
  if (label !== undefined && !isFeature && present.includes(label) && treatmentOf(contract, label) === 'no')
    columns.push({ name: label, kind: 'categorical', ...textOfFloats(contract) });
  return columns;
}

/** A label that is a float is counted by the text that it has without a type: 1, not 1.0. */
function textOfFloats({ data: { label } }: Contract): Pick<ProfiledColumn, 'expression'> {
  if (typeof label !== 'object' || label.type !== 'float') return {};
  return { expression: parquetText(identifier(label.name), 'DOUBLE') };
}

/** What a summary goes by beside its columns: the time, where it is nobody's own, and a label that may be a number. */
export function summaryTerms(contract: Contract): Pick<SummaryOptions, 'time' | 'numbersAmong'> {
  const time = columnNamed(contract.data, 'time');
  const label = columnNamed(contract.data, 'label');
  const shown = time !== undefined && treatmentOf(contract, time) === 'no';
  return {
    ...(label === undefined ? {} : { numbersAmong: [label] }),
    ...(shown ? { time: { name: time, milliseconds: `epoch_ms(TRY_CAST(${identifier(time)} AS TIMESTAMPTZ))` } } : {}),
  };
}
