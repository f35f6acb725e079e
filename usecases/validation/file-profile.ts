import * as z from 'zod';
import { Profile } from '../../core/profile/profile.ts';
import { DELIMITERS } from './csv-header.ts';

/** Records of a file that are no rows, for one reason. */
export const LeftOut = z.strictObject({
  expected: z.string().describe('What is expected of a record instead, in words.'),
  records: z.int().min(1).describe('How many.'),
  lines: z.array(z.int().min(1)).describe('The physical lines on which the first of them begin.'),
});
export type LeftOut = z.infer<typeof LeftOut>;

/** What is in a file that is held to no contract. */
export const FileProfile = Profile.extend({
  delimiter: z
    .string()
    .nullable()
    .describe('What divides the fields of CSV; null where it is what the ending of the name says.'),
  array: z.boolean().describe('Whether the file is an array of JSON: its records are numbered instead of lines.'),
  index: z.boolean().describe('Whether the file has a first column without a name, which is not counted.'),
  leftOut: z.array(LeftOut).describe('Records that are not counted, for they are no rows.'),
});
export type FileProfile = z.infer<typeof FileProfile>;

/** How a file was read. */
type PlainNotes = Pick<FileProfile, 'index' | 'leftOut'> & Partial<Pick<FileProfile, 'delimiter' | 'array'>>;

/** What of a file is not counted, in sentences. */
export function describeLeftOut(file: string, { delimiter = null, array, index, leftOut }: PlainNotes): string[] {
  return [
    ...(delimiter === null
      ? []
      : [
          `the columns of ${file} are separated by ${DELIMITERS[delimiter] ?? delimiter}: a contract for such files has ` +
            `"file": {"delimiter": ${JSON.stringify(delimiter)}}`,
        ]),
    ...(index
      ? [
          `the first column of ${file} has no name: it is the index that pandas writes along, and is left out, in files ` +
            'to be validated, too',
        ]
      : []),
    ...leftOut.map(({ expected, records, lines }) => {
      const more = records > lines.length ? ', …' : '';
      const where = `${array ? 'record' : 'line'}${records > 1 ? 's' : ''} ${lines.join(', ')}${more}`;
      return `${records} record${records > 1 ? 's' : ''} of ${file} left out (${where}): expected ${expected}`;
    }),
  ];
}
