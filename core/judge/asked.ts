import * as z from 'zod';
import { Instant, VersionNumber } from '../model/names.ts';
import { CAUSES } from './causes.ts';
import { CauseOfHarm } from './verdict.ts';

/** What a person is asked. */
export const Question = z.strictObject({
  key: z.string().describe('What tells it from other questions about the model.'),
  cause: CauseOfHarm.describe('Where what is wrong comes from.'),
  version: VersionNumber.nullable().describe('The version that it is about; null: all.'),
  about: z.array(z.string()).describe('What it is about: metrics, columns.'),
  reason: z.string().describe('Why it is asked, in sentences.'),
  asks: z.string().describe('What is asked.'),
  runbook: z.string().describe('Page of the runbook.'),
});
export type Question = z.infer<typeof Question>;

/** A question, and since when it has been asked. */
export const AskedQuestion = Question.extend({
  since: Instant.describe('Since when it has been asked.'),
  seen: Instant.describe('When it was last found so, to the hour.'),
  told: Instant.describe('When people were last told.'),
  settled: Instant.nullable().describe('When it was no longer so; null while it is.'),
});
export type AskedQuestion = z.infer<typeof AskedQuestion>;

/** All that is asked about a model, and was of late; the object `judge/<model>/asked.json`. */
export const Asked = z.strictObject({ schemaVersion: z.literal(1), questions: z.array(AskedQuestion) });
export type Asked = z.infer<typeof Asked>;

const HOUR_MS = 3_600_000;
/** How often people are reminded, and for how long something that comes again is the same as before. */
export const REMIND_MS = 24 * HOUR_MS;
/** To the hour is enough to know whether something is still the same: each note is a write. */
const NOTE_MS = HOUR_MS;

const ORDER = Object.keys(CAUSES);

/** Questions with the most urgent first. */
export const ranked = <T extends Pick<Question, 'cause' | 'key'>>(questions: readonly T[]): T[] =>
  questions.toSorted((a, b) => ORDER.indexOf(a.cause) - ORDER.indexOf(b.cause) || (a.key < b.key ? -1 : 1));

/** What people are to be told. */
export interface Told {
  readonly what: 'asked' | 'reminder' | 'settled';
  readonly questions: readonly AskedQuestion[];
}

/**
 * Takes note of what is asked now, and says what people are to be told: a question when it is new, is about more than
 * before, or comes again; all that is open once a day; and when nothing is open any more.
 *
 * @param at now
 */
export function takeNote(
  before: readonly AskedQuestion[],
  now: readonly Question[],
  at: Date,
): { questions: AskedQuestion[]; told: Told | undefined; changed: boolean } {
  const instant = at.toISOString();
  const olderThan = (since: string, ms: number): boolean => at.getTime() - Date.parse(since) >= ms;
  const fresh = (question: Question): boolean => {
    const known = before.find(({ key }) => key === question.key);
    if (known === undefined) return true;
    if (known.settled !== null) return olderThan(known.told, HOUR_MS);
    return question.about.some((each) => !known.about.includes(each));
  };
  const isNews = now.some(fresh);
  const wasOpen = before.some(({ settled }) => settled === null);
  const isDue = now.length > 0 && before.some((each) => each.settled === null && olderThan(each.told, REMIND_MS));
  const open = now.map((question): AskedQuestion => {
    const known = before.find(({ key }) => key === question.key);
    const again = known === undefined || known.settled !== null;
    return {
      ...question,
      about: [...new Set([...(again ? [] : known.about), ...question.about])].sort(),
      since: again ? instant : known.since,
      seen: again || olderThan(known.seen, NOTE_MS) ? instant : known.seen,
      told: isNews || isDue || known === undefined ? instant : known.told,
      settled: null,
    };
  });
  const past = before
    .filter(({ key }) => !now.some((each) => each.key === key))
    .map((each) => (each.settled === null ? { ...each, settled: instant } : each))
    .filter(({ settled }) => !olderThan(settled!, REMIND_MS));
  const questions = [...ranked(open), ...past];
  return { questions, told: toldOf(), changed: !isSame(before, questions) };

  function toldOf(): Told | undefined {
    if (isNews) return { what: 'asked', questions: ranked(open) };
    if (isDue) return { what: 'reminder', questions: ranked(open) };
    return wasOpen && open.length === 0 ? { what: 'settled', questions: past } : undefined;
  }
}

/** Whether nothing has changed that has to be kept: reasons hold numbers, which change at every look. */
const isSame = (before: readonly AskedQuestion[], after: readonly AskedQuestion[]): boolean => {
  const kept = (questions: readonly AskedQuestion[]): string =>
    JSON.stringify(questions.map(({ reason: _, ...rest }) => rest));
  return kept(before) === kept(after);
};

/** The questions in one text without line breaks or quotation marks, for a message. */
export function toldText(model: string, environment: string, { what, questions }: Told): string {
  const heading = {
    asked: `Trimtab ${environment}: somebody has to look at ${model}`,
    reminder: `Trimtab ${environment}: ${model} still needs somebody`,
    settled: `Trimtab ${environment}: ${model} needs nobody any more`,
  }[what];
  const lines = questions.map(
    ({ cause, reason, asks, runbook, since }, i) =>
      `(${i + 1}) ${cause}, since ${since}: ${reason.slice(0, MAX_REASON)}. What is asked: ${asks}; docs/runbook/${runbook}`,
  );
  return [heading, ...lines].join('. ').replaceAll('"', "'").replaceAll(/\s+/g, ' ');
}

const MAX_REASON = 600;
