import type { Contract } from '../../core/contract/contract.ts';
import { type OtherColumn, otherColumns } from '../../core/contract/data-columns.ts';
import { isPersonal } from '../../core/contract/personal.ts';
import { parseRecord } from '../../core/records/record-text.ts';
import { describeFault, type ScannedRecord } from '../../core/records/scanned-record.ts';
import { FileRejectedError } from './errors.ts';

/** All columns a file of this contract may have: features, id, time, label, extra. */
export function contractColumns(contract: Contract): { required: string[]; optional: string[] } {
  const others = otherColumns(contract.data);
  const named = (...roles: OtherColumn['role'][]): string[] =>
    others.flatMap(({ role, name }) => (roles.includes(role) ? [name] : []));
  return {
    required: [...contract.features.map(({ name }) => name), ...named('id', 'time')],
    optional: named('label', 'extra'),
  };
}

/**
 * Holds a file's columns against the contract.
 *
 * @throws FileRejectedError naming what is missing, unknown or double
 */
export function checkColumns(found: readonly string[], contract: Contract): void {
  const { required, optional } = contractColumns(contract);
  const faults: string[] = [];
  const missing = required.filter((name) => !found.includes(name));
  const unknown = found.filter((name) => !required.includes(name) && !optional.includes(name));
  const double = found.filter((name, i) => found.indexOf(name) !== i);
  if (missing.length > 0) faults.push(`missing columns: ${listed(missing)}`);
  // The first line of a file without a header is a row: its values must not pass for names.
  const named = (names: readonly string[]): string =>
    isPersonal(contract) ? `${names.length}, names withheld for the contract marks personal fields` : listed(names);
  if (unknown.length > 0) faults.push(`columns that the contract does not know: ${named(unknown)}`);
  if (double.length > 0) faults.push(`columns that stand twice: ${named(double)}`);
  if (faults.length > 0)
    throw new FileRejectedError(
      'schema',
      `${faults.join('; ')}; expected ${required.map(shownName).join(', ')}${optional.length > 0 ? ` and perhaps ${optional.map(shownName).join(', ')}` : ''}`,
    );
}

/** @throws FileRejectedError when a name stands twice */
export function assertSingle(names: readonly string[]): void {
  const double = names.filter((name, i) => names.indexOf(name) !== i);
  if (double.length > 0) throw new FileRejectedError('schema', `columns that stand twice: ${listed(double)}`);
}

/**
 * Names of the columns, from the record that is the header; those without quotes without the space around them.
 *
 * @throws FileRejectedError for another delimiter or encoding
 */
export function parseHeader({ bytes, fault }: ScannedRecord, delimiter: string): string[] {
  assertText(bytes);
  if (fault === 'encoding') throw new FileRejectedError('format', 'the header is not UTF-8');
  if (fault !== undefined)
    throw new FileRejectedError('format', `the header is no record: expected ${describeFault(fault)}`);
  const columns = parseRecord(Buffer.from(bytes).toString(), delimiter).map(({ text, quoted }) =>
    quoted ? text : trimmed(text),
  );
  const marked = columns.findIndex((name) => name.startsWith('\ufeff'));
  if (marked !== -1)
    throw new FileRejectedError(
      'format',
      `a byte order mark (U+FEFF) stands before name ${marked + 1} of the header: expected one at the very beginning of the file, or none`,
    );
  const [only = ''] = columns;
  if (columns.length > 1) return columns;
  if (only === '') throw new FileRejectedError('format', 'the header is empty: expected names of columns');
  const other = Object.keys(DELIMITERS).find((each) => each !== delimiter && only.includes(each));
  if (other !== undefined)
    throw new FileRejectedError(
      'format',
      `columns are separated by ${DELIMITERS[other]}, expected ${DELIMITERS[delimiter] ?? delimiter}: file.delimiter ` +
        'of the contract says what divides them',
    );
  return columns;
}

/**
 * A header has no NUL: a file that has any there is binary, or UTF-16 that does not begin with ASCII.
 *
 * @throws FileRejectedError
 */
export function assertText(header: Uint8Array): void {
  if (header.includes(0)) throw new FileRejectedError('format', 'the file is binary, or UTF-16: expected UTF-8 text');
}

/** Without the space around it. A byte order mark, which passes for space elsewhere, is text. */
const trimmed = (text: string): string => text.replaceAll(/^[^\S\ufeff]+|[^\S\ufeff]+$/g, '');

/** What may divide the fields of CSV, in words. */
export const DELIMITERS: Readonly<Record<string, string>> = {
  ';': 'semicolons',
  '\t': 'tabs',
  '|': 'bars',
  ',': 'commas',
};

const listed = (names: readonly string[]): string =>
  names.slice(0, 20).map(shownName).join(', ') + (names.length > 20 ? `, … (${names.length})` : '');

/** A name in a list of names: in quotes, where it could not be told from what stands around it. */
const shownName = (name: string): string => (/^$|^\s|\s$|[,;"\p{Cc}]/u.test(name) ? JSON.stringify(name) : name);
