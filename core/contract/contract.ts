import * as z from 'zod';
import { recordName } from '../model/names.ts';
import { ownValue } from '../model/own-value.ts';
import { statedNumber } from '../model/stated-number.ts';
import { DEFAULT_RECORD_LINES } from '../records/scanned-record.ts';
import { DataColumns, otherColumns } from './data-columns.ts';
import { PersonalTreatment } from './personal-treatment.ts';
import { RULE_SHAPE, rulesProblem } from './rules/rules.ts';
import { RESERVED_PREFIX } from './sql-text.ts';
import { TensorRule } from './tensor-rule.ts';
import { FeatureViolation, policyFor } from './violation-policy.ts';

/**
 * The data contract: one definition that is checked on every request (compiled to a pass that fills the tensors)
 * and on every data file (compiled to one SQL pass).
 */

export { PersonalTreatment } from './personal-treatment.ts';
export { FeatureType } from './types/value-type.ts';

/** One feature: a column of data files, and a column of a graph's input. */
export const Feature = z
  .strictObject({
    name: recordName('a feature')
      .min(1)
      .max(128)
      .describe('Name of the column in data files, and of the value in requests.'),
    description: z.string().optional().describe('What it is, for people.'),
    unit: z.string().optional().describe('Unit of measurement, for people: `minutes`, `mph`.'),
    ...RULE_SHAPE,
    onViolation: FeatureViolation.default('reject').describe(
      "What a request's violation does, of all rules or of each; what has no nearest allowed value can only be rejected or flagged, never clamped. In a data file every violation quarantines its row.",
    ),
    drift: z
      .boolean()
      .optional()
      .describe(
        'Whether drift is looked for in it; left out: yes. Of identifiers, dates and free text every window differs.',
      ),
    personal: PersonalTreatment.default('no').describe(
      'Whether it is personal, and what is kept of it: nothing (`omit`), a pseudonym (`hash`) or an envelope (`encrypt`). Unless `no`, it has no statistics either.',
    ),
    input: z.string().optional().describe('Graph input that carries this feature, when it is not named like it.'),
    index: z
      .int()
      .min(0)
      .optional()
      .describe('Column within that input, when several features share one [n, k] input.'),
  })
  .refine(
    (f) => f.min === undefined || f.max === undefined || statedNumber(f.min) <= statedNumber(f.max),
    'min must not exceed max',
  )
  .superRefine((feature, context) => {
    const message = rulesProblem(feature);
    if (message !== undefined) context.addIssue({ code: 'custom', message });
  });
export type Feature = z.infer<typeof Feature>;

/** Rules on a data file as a whole: breaking one rejects the file whole. */
export const FileRules = z.strictObject({
  minRows: z.int().min(0).default(1).describe('Fewest rows.'),
  maxRows: z.int().min(1).default(50_000_000).describe('Most rows.'),
  maxQuarantinedShare: z
    .number()
    .min(0)
    .max(1)
    .default(0.2)
    .describe('Largest share of rows that may be quarantined before the whole file is rejected; 0 to 1.'),
  delimiter: z
    .string()
    .regex(/^[\t !#-&(-/:-@[-`{-~]$/)
    .optional()
    .describe(
      'What divides the fields of a CSV file: one character of ASCII. By default a comma, or a tab in files named `.tsv`.',
    ),
  maxRecordLines: z
    .int()
    .min(1)
    .max(10_000)
    .default(DEFAULT_RECORD_LINES)
    .describe('Most lines that a record of a CSV file may take, with line breaks in its quoted fields.'),
  unique: z
    .array(z.string())
    .default([])
    .describe('Columns that together must be unique. Later duplicates are quarantined.'),
  maxAgeDays: z
    .number()
    .positive()
    .optional()
    .describe('Oldest that the newest row may be when the file arrives, in days; needs `data.time`.'),
  maxPsi: z
    .number()
    .positive()
    .optional()
    .describe(
      'Largest population stability index of any feature against the baseline; above it the file is rejected whole.',
    ),
});
export type FileRules = z.infer<typeof FileRules>;

export const Contract = z
  .strictObject({
    features: z
      .array(Feature)
      .max(5_000)
      .describe('The columns of a table that the model takes; empty for a model of whole tensors.'),
    tensors: z.array(TensorRule).max(100).default([]).describe('Rules on whole inputs that carry no features.'),
    data: DataColumns.prefault({}).describe(
      'Columns of data files that are no features: identifier, time, label and others.',
    ),
    file: FileRules.prefault({}).describe('Rules on a data file as a whole: breaking one rejects the file.'),
  })
  .superRefine(({ features, data }, context) => {
    const message = namesProblem(
      features.map(({ name }) => name),
      otherColumns(data).map(({ name }) => name),
    );
    if (message !== undefined) context.addIssue({ code: 'custom', path: ['features'], message });
  })
  .refine((c) => new Set(c.tensors.map((t) => t.name)).size === c.tensors.length, 'tensor names must be unique')
  .superRefine(({ features, tensors }, context) => {
    // The summary of tensor x is captured as x.mean, x.std, …
    const [feature] = features.filter(({ name }) => tensors.some((tensor) => name.startsWith(`${tensor.name}.`)));
    if (feature !== undefined)
      context.addIssue({
        code: 'custom',
        path: ['features'],
        message: `${feature.name} is named like a tensor's summary`,
      });
  })
  .superRefine(({ features, data, file }, context) => {
    const columns = [...features, ...otherColumns(data)].map(({ name }) => name);
    for (const [i, name] of file.unique.entries())
      if (!columns.includes(name))
        context.addIssue({
          code: 'custom',
          path: ['file', 'unique', i],
          message: `none of the columns ${columns.join(', ') || '(none)'}`,
        });
  })
  .superRefine(({ features, data }, context) => {
    const fault = (message: string, ...path: string[]): void =>
      context.addIssue({ code: 'custom', message, path: ['data', ...path] });
    const columns = otherColumns(data).map(({ name }) => name);
    for (const name of Object.keys(data.personal)) {
      if (features.some((feature) => feature.name === name))
        fault(`${name} is a feature: mark it personal there`, 'personal');
      else if (!columns.includes(name))
        fault(`${name} is none of the columns ${columns.join(', ') || '(none)'}`, 'personal');
    }
    const { subject } = data;
    if (subject === undefined) return;
    const feature = features.find(({ name }) => name === subject);
    if (!feature && !columns.includes(subject)) fault(`${subject} is neither a feature nor a column`, 'subject');
    else if (feature && feature.type !== 'string' && feature.type !== 'integer')
      fault(`${subject} is a ${feature.type}, a subject is a string or an integer`, 'subject');
    else if (feature?.type === 'integer' && !keepsEveryDigit(feature))
      fault(
        `${subject} is an integer that may lose digits, and two subjects would be one: give it min and max within ` +
          `±${Number.MAX_SAFE_INTEGER} and onViolation reject, or make it a string`,
        'subject',
      );
    else {
      const treatment = feature ? feature.personal : (ownValue(data.personal, subject) ?? 'no');
      // What is omitted could not be found again to be forgotten.
      if (treatment !== 'hash' && treatment !== 'encrypt')
        fault(`${subject} is marked personal: ${treatment}, a subject is marked hash or encrypt`, 'subject');
    }
  });
export type Contract = z.infer<typeof Contract>;

/** Features that say that no drift is looked for in them. */
export const unwatchedFeatures = ({ features }: Pick<Contract, 'features'>): Set<string> =>
  new Set(features.filter(({ drift }) => drift === false).map(({ name }) => name));

/** What is wrong with names that are to be columns of one table, where capitals do not count; undefined when nothing is. */
function namesProblem(features: readonly string[], others: readonly string[]): string | undefined {
  if (new Set(features).size < features.length) return 'feature names must be unique';
  const folded = new Map<string, string>();
  for (const name of [...features, ...others]) {
    if (name.startsWith(RESERVED_PREFIX)) return `${name} is no name of a column: ${RESERVED_PREFIX} is reserved`;
    const other = folded.get(name.toLowerCase()) ?? name;
    if (other !== name) return `${other} and ${name} differ in capitals only, which tables do not tell apart`;
    folded.set(name.toLowerCase(), name);
  }
  return undefined;
}

/** Whether no value that the rules let in is beyond what a number tells apart. */
const keepsEveryDigit = ({ min, max, onViolation }: Feature): boolean =>
  policyFor(onViolation, 'min') === 'reject' &&
  policyFor(onViolation, 'max') === 'reject' &&
  min !== undefined &&
  max !== undefined &&
  statedNumber(min) >= Number.MIN_SAFE_INTEGER &&
  statedNumber(max) <= Number.MAX_SAFE_INTEGER;
