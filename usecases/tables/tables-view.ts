import * as z from 'zod';

const StoredTableView = z.strictObject({
  name: z.string().describe('Name of the table or view.'),
  says: z.string().describe('What a row is.'),
  place: z.string().describe('Where its objects are.'),
  dataset: z.string().nullable().describe('The dataset whose rows they are; null for captures and truths.'),
  left: z
    .array(z.strictObject({ column: z.string().describe('Name of the column.'), why: z.string().describe('Why.') }))
    .describe('Columns of the contract that it does not have.'),
  statements: z.array(z.string()).describe('What makes it, in this order, each to be run by itself.'),
});

/** What is stored, as tables. */
export const TablesView = z.strictObject({
  home: z.string().describe('Where everything is kept.'),
  engine: z.enum(['athena', 'duckdb']).describe('Whose SQL the statements are in.'),
  tables: z.array(StoredTableView).describe('Those of which something is stored.'),
  problems: z.array(z.string()).describe('Why there is no table of something.'),
});
export type TablesView = z.infer<typeof TablesView>;
