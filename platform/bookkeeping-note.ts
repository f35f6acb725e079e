import * as z from 'zod';

/** What one process could not write down of one kind, for one reason. */
const NotedLoss = z.strictObject({
  what: z.string().describe('What was to be written: metrics, captures, truths, releases, drops, marker.'),
  reason: z.string().describe('Why it could not be: disk-full, read-only, not-permitted, too-slow, quota, failed.'),
  message: z.string().describe('What the last failure said.'),
  since: z.iso.datetime().describe('When it began.'),
  until: z.iso.datetime().nullable().describe('When it was over; null while it lasts.'),
  lost: z.int().min(0).describe('Lines and writes that are lost.'),
  refused: z.int().min(0).describe('Requests whose callers were asked to send them again.'),
});

/** What one process that serves a home could not write down. */
export const BookkeepingNote = z.strictObject({
  host: z.string().describe('Machine of the process.'),
  pid: z.int().describe('Its number there.'),
  alive: z.boolean().describe('Whether it is known to run; of another machine nobody knows.'),
  at: z.iso.datetime().describe('When it last noted something.'),
  losses: z.array(NotedLoss).describe('By kind and reason.'),
});
export type BookkeepingNote = z.infer<typeof BookkeepingNote>;
