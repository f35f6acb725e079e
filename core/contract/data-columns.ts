import * as z from 'zod';
import { isKept } from '../model/kept-text.ts';
import { recordName } from '../model/names.ts';
import { timeFormatsProblem } from './cells/time-formats.ts';
import { PersonalTreatment } from './personal-treatment.ts';
import { FeatureType } from './types/value-type.ts';

const COLUMN = recordName('a column').min(1, 'the name of a column is no empty text');

/** Clocks differ by so much. */
const FUTURE_TOLERANCE_SECONDS = 300;

/** Some three thousand years: an instant so far ahead still has a year of four digits, beyond which no time is read. */
export const MAX_FUTURE_TOLERANCE_SECONDS = 9e10;

/** A column of its name alone, or with what its cells are. */
const named = <Rules extends z.ZodObject>(rules: Rules): z.ZodUnion<[typeof COLUMN, Rules]> => z.union([COLUMN, rules]);

export const IdColumn = z
  .strictObject({
    name: COLUMN.describe('Name of the column.'),
    type: z
      .enum(['integer', 'string'])
      .optional()
      .describe('What identifiers are; left out: whatever there is, as text.'),
    required: z.boolean().default(true).describe('Whether every row has one.'),
  })
  .describe('Identifies a row.');
export type IdColumn = z.infer<typeof IdColumn>;

export const EventTimeColumn = z
  .strictObject({
    name: COLUMN.describe('Name of the column.'),
    formats: z
      .array(z.string().min(1).refine(isKept, 'a format is Unicode text without NUL'))
      .max(10)
      .default([])
      .describe(
        'How times are written besides ISO 8601 with its zone, in the order in which they are tried: strptime (%d/%m/%Y), epoch-s or epoch-ms.',
      ),
    zone: z
      .string()
      .optional()
      .describe('Time zone of what is written without one, such as Europe/Berlin; left out: such times are refused.'),
    required: z.boolean().default(true).describe('Whether every row has one.'),
    futureToleranceSeconds: z
      .number()
      .min(0)
      .max(MAX_FUTURE_TOLERANCE_SECONDS)
      .default(FUTURE_TOLERANCE_SECONDS)
      .describe('How far a time may be ahead of the arrival of its file, in seconds.'),
  })
  .superRefine(({ formats, zone }, context) => {
    const message = timeFormatsProblem(formats, zone);
    if (message !== undefined) context.addIssue({ code: 'custom', message });
  })
  .describe("When the row's event happened.");
export type EventTimeColumn = z.infer<typeof EventTimeColumn>;

export const LabelColumn = z
  .strictObject({
    name: COLUMN.describe('Name of the column.'),
    type: FeatureType.optional().describe('What labels are; left out: as the decision of the model says.'),
    classes: z
      .array(z.union([z.string().refine(isKept, 'a class is Unicode text without NUL'), z.number()]))
      .min(1)
      .max(10_000)
      .optional()
      .describe('The only labels there are, where they are no values of a type.'),
  })
  .refine(({ type, classes }) => type === undefined || classes === undefined, 'a label has a type or classes, not both')
  .describe('Ground truth, when it is known. May be missing in any row.');
export type LabelColumn = z.infer<typeof LabelColumn>;

export const ExtraColumn = z.strictObject({
  name: COLUMN.describe('Name of the column.'),
  type: z
    .enum([...FeatureType.options, 'time'])
    .optional()
    .describe('What its values are; left out: whatever there is, as text. May be missing in any row.'),
});
export type ExtraColumn = z.infer<typeof ExtraColumn>;

/** Columns of data files that are not features. */
export const DataColumns = z.strictObject({
  id: named(IdColumn).optional().describe('Identifies a row. Required where the contract names it.'),
  time: named(EventTimeColumn)
    .optional()
    .describe("When the row's event happened. Required where the contract names it."),
  label: named(LabelColumn).optional().describe('Ground truth, when it is known. May be missing in any row.'),
  extra: z
    .array(named(ExtraColumn))
    .default([])
    .describe('Further columns that are carried along. Any other column rejects the file.'),
  missingTokens: z
    .array(z.string().regex(/^[!-~](?:[ -~]*[!-~])?$/, 'a token is printable ASCII without blanks around it'))
    .max(100)
    .optional()
    .describe(
      'How missing numbers, booleans and times are written in text besides nothing at all, whatever their capitals; left out: NaN, NA and NULL.',
    ),
  personal: z
    .record(z.string(), PersonalTreatment.exclude(['no']))
    .default({})
    .describe('Which of these columns are personal, and how they are treated. Features say so themselves.'),
  subject: z
    .string()
    .optional()
    .describe(
      'The column or feature that says whom a row is about: what `trimtab forget` finds a subject by. Requests that do not carry it as a feature say it in the header `x-trimtab-subject`.',
    ),
});
export type DataColumns = z.infer<typeof DataColumns>;

/** A column that is no feature, with what the contract says of it. */
export type OtherColumn =
  | ({ readonly role: 'id' } & IdColumn)
  | ({ readonly role: 'time' } & EventTimeColumn)
  | ({ readonly role: 'label' } & LabelColumn)
  | ({ readonly role: 'extra' } & ExtraColumn);

/** What a column stated by its name alone is held to. */
const STATED_BY_NAME = {
  id: { required: true },
  time: { formats: [] as string[], required: true, futureToleranceSeconds: FUTURE_TOLERANCE_SECONDS },
};

/** All columns that are no features, each as if it were stated in full: id, time, label, extra. */
export const otherColumns = ({ id, time, label, extra }: DataColumns): OtherColumn[] => [
  ...(id === undefined ? [] : [{ role: 'id' as const, ...STATED_BY_NAME.id, ...inFull(id) }]),
  ...(time === undefined ? [] : [{ role: 'time' as const, ...STATED_BY_NAME.time, ...inFull(time) }]),
  ...(label === undefined ? [] : [{ role: 'label' as const, ...inFull(label) }]),
  ...extra.map((column) => ({ role: 'extra' as const, ...inFull(column) })),
];

const inFull = <Rules extends { readonly name: string }>(column: string | Rules): Rules | { readonly name: string } =>
  typeof column === 'string' ? { name: column } : column;

/** The name of a column that may be stated with more. */
export const columnName = (column: string | { readonly name: string }): string =>
  typeof column === 'string' ? column : column.name;

/** The name of the contract's column of one kind; undefined where it has none. */
export function columnNamed(data: DataColumns, role: 'id' | 'time' | 'label'): string | undefined {
  const column = data[role];
  return column === undefined ? undefined : columnName(column);
}
