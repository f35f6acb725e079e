import * as z from 'zod';

/** What an envelope held. */
export const DecryptedValueView = z.strictObject({ value: z.string().describe('The value, in the clear.') });
export type DecryptedValueView = z.infer<typeof DecryptedValueView>;

/** A Parquet file whose envelopes were opened. */
export const DecryptedFileView = z.strictObject({
  out: z.string().describe('The file that was written.'),
  columns: z.array(z.string()).describe('Columns in which something was opened.'),
  unopened: z.int().min(0).describe('Values that look like envelopes and do not open: they are as they were.'),
});
export type DecryptedFileView = z.infer<typeof DecryptedFileView>;
