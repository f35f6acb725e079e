import * as z from 'zod';
import { Run, TimelineItem } from './run.ts';
import { Summary } from './summary.ts';

/** How a scenario came out: what `trimtab simulate --json` prints. */
export const SimulationView = z.strictObject({
  schemaVersion: z.literal(1).describe('Version of this form'),
  name: z.string().describe('Name of the scenario'),
  note: z.string().describe('What one should know of the result, as the file says'),
  summary: Summary.describe('How it came out over the seeds'),
  unmet: z.array(z.string()).describe('What of the expectation was not met, in words'),
  timeline: z.array(TimelineItem).describe('What happened with the first seed'),
  runs: z.array(Run).describe('Every seed'),
});
export type SimulationView = z.infer<typeof SimulationView>;

/** One of several scenarios that were played together. */
export const SimulationCell = z.strictObject({
  at: z.record(z.string(), z.unknown()).describe('Values by their place in the file'),
  variant: z.string().nullable().describe('Name of the variant; null in a grid'),
  note: z.string().describe('What one should know of its result: its own note, else that of the file'),
  summary: Summary.describe('How it came out over the seeds'),
  unmet: z.array(z.string()).describe('What of the expectation was not met, in words'),
});
export type SimulationCell = z.infer<typeof SimulationCell>;

/** How several came out, of a grid or of a file with variants: what `--json` prints then. */
export const SimulationTableView = z.strictObject({
  schemaVersion: z.literal(1).describe('Version of this form'),
  name: z.string().describe('Name of the scenario'),
  note: z.string().describe('What one should know of the results, as the file says'),
  axes: z.array(z.string()).describe('Paths of the grid'),
  cells: z.array(SimulationCell).describe('What was played, the last axis varying fastest'),
});
export type SimulationTableView = z.infer<typeof SimulationTableView>;
