import type { Contract } from '../../core/contract/contract.ts';
import {
  EventTimeColumn,
  IdColumn,
  LabelColumn,
  MAX_FUTURE_TOLERANCE_SECONDS,
} from '../../core/contract/data-columns.ts';
import { SOLE_RECORD_LINES } from './sole-record.ts';

/**
 * The contract of a few rows of a file: what is asked of a file as a whole (how many rows, how old, how distributed) says
 * nothing about them, and what a record is was said when they were quarantined.
 *
 * @param delimiter what divides their fields; undefined for JSON lines
 */
export function rowsContract(contract: Contract, delimiter: string | undefined): Contract {
  const { maxAgeDays: _, maxPsi: __, ...file } = contract.file;
  const dialect = delimiter === undefined ? {} : { delimiter, maxRecordLines: SOLE_RECORD_LINES };
  return { ...contract, file: { ...file, ...dialect, minRows: 0, maxQuarantinedShare: 1 } };
}

/** The types of a contract and no rule besides: what its cells can be read as at all. */
export const typesContract = (contract: Contract, delimiter: string | undefined): Contract => ({
  ...contract,
  features: contract.features.map(({ name, type, personal }) => ({
    name,
    type,
    personal,
    missing: 'allow',
    onViolation: 'flag',
  })),
  data: typesOfColumns(contract.data),
  file: { ...rowsContract(contract, delimiter).file, unique: [] },
});

/** Columns that are no features by their types: none is required, no time too late, no label none of the classes. */
function typesOfColumns({ id, time, label, extra, ...rest }: Contract['data']): Contract['data'] {
  return {
    ...rest,
    extra,
    ...(id === undefined ? {} : { id: IdColumn.parse({ ...asObject(id), required: false }) }),
    ...(time === undefined
      ? {}
      : {
          time: EventTimeColumn.parse({
            ...asObject(time),
            required: false,
            futureToleranceSeconds: MAX_FUTURE_TOLERANCE_SECONDS,
          }),
        }),
    ...(label === undefined ? {} : { label: withoutClasses(asObject(label)) }),
  };
}

const asObject = <Column extends object>(column: string | Column): Column | { readonly name: string } =>
  typeof column === 'string' ? { name: column } : column;

const withoutClasses = (label: Partial<LabelColumn> & { readonly name: string }): LabelColumn =>
  LabelColumn.parse({ name: label.name, ...(label.type === undefined ? {} : { type: label.type }) });
