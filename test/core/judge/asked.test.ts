import { describe, expect, it } from 'vitest';
import { type AskedQuestion, type Question, ranked, takeNote, toldText } from '../../../core/judge/asked.ts';
import { CAUSES } from '../../../core/judge/causes.ts';
import { CauseOfHarm } from '../../../core/judge/verdict.ts';
import { EntryKind } from '../../../core/registry/ledger.ts';

const T0 = Date.UTC(2026, 0, 1);
const HOUR = 3_600_000;
const at = (hours: number): Date => new Date(T0 + hours * HOUR);

const question = (over: Partial<Question> = {}): Question => ({
  key: 'data',
  cause: 'data',
  version: 1,
  about: ['column age is empty'],
  reason: 'column age is empty in 40 % of 200 rows',
  asks: CAUSES.data.asks,
  runbook: 'data.md',
  ...over,
});

/** Takes note once an hour. @returns what people were told, by the hour */
function hourly(asked: (hour: number) => readonly Question[], hours: number): string[] {
  let before: readonly AskedQuestion[] = [];
  const told: string[] = [];
  for (let hour = 0; hour < hours; hour++) {
    const note = takeNote(before, asked(hour), at(hour));
    if (note.told) told.push(`${hour} ${note.told.what}`);
    before = note.questions;
  }
  return told;
}

describe('takeNote', () => {
  it('tells once, reminds once a day, and says when all is settled', () => {
    expect(hourly((hour) => (hour < 60 ? [question()] : []), 70)).toEqual([
      '0 asked',
      '24 reminder',
      '48 reminder',
      '60 settled',
    ]);
  });

  it('tells of what else comes while something is asked already', () => {
    const second = question({ key: 'infrastructure', cause: 'infrastructure', about: ['Failure'] });
    expect(hourly((hour) => (hour < 5 ? [question()] : [question(), second]), 10)).toEqual(['0 asked', '5 asked']);
    const wider = question({ about: ['column age is empty', 'column fare is empty'] });
    expect(hourly((hour) => (hour < 5 ? [question()] : [wider]), 10)).toEqual(['0 asked', '5 asked']);
  });

  it('has nothing to keep, and nothing to tell, where only numbers changed', () => {
    const { questions } = takeNote([], [question()], at(0));
    const later = takeNote(questions, [question({ reason: 'column age is empty in 41 % of 300 rows' })], at(0.5));
    expect(later).toMatchObject({ told: undefined, changed: false });
    expect(takeNote(questions, [question()], at(1)).changed).toBe(true);
    expect(takeNote([], [], at(0))).toEqual({ questions: [], told: undefined, changed: false });
  });

  it('does not tell of what comes and goes within an hour', () => {
    let before = takeNote([], [question()], at(0)).questions;
    before = takeNote(before, [], at(0.1)).questions;
    expect(takeNote(before, [question()], at(0.2)).told).toBeUndefined();
    expect(takeNote(before, [question()], at(2)).told).toMatchObject({ what: 'asked' });
  });

  it('forgets after a day what was settled', () => {
    const before = takeNote(takeNote([], [question()], at(0)).questions, [], at(1)).questions;
    expect(before).toMatchObject([{ settled: at(1).toISOString() }]);
    expect(takeNote(before, [], at(26)).questions).toEqual([]);
  });
});

describe('questions', () => {
  it('come with what harms most first', () => {
    const keys = (['drift', 'unclear', 'data', 'infrastructure', 'model'] as const).map((cause) =>
      question({ key: cause, cause }),
    );
    expect(ranked(keys).map(({ key }) => key)).toEqual(['model', 'infrastructure', 'data', 'unclear', 'drift']);
  });

  it('are told in one line that a template can hold', () => {
    const { told } = takeNote([], [question({ reason: 'column "age"\nis empty' })], at(0));
    const text = toldText('m', 'dev', told!);
    expect(text).toContain("(1) data, since 2026-01-01T00:00:00.000Z: column 'age' is empty");
    expect(text).toContain('docs/runbook/data.md');
    expect(text).not.toMatch(/["\n]/);
  });
});

describe('causes', () => {
  it('all have a sentence, an action, a kind of entry that there is, and a page', () => {
    expect(Object.keys(CAUSES).sort()).toEqual([...CauseOfHarm.options].sort());
    for (const [cause, facts] of Object.entries(CAUSES)) {
      expect(facts.sentence.length, cause).toBeGreaterThan(10);
      expect(facts.actions.length, cause).toBeGreaterThan(0);
      for (const kind of facts.entries) expect(EntryKind.options, cause).toContain(kind);
      expect(facts.runbook, cause).toBe(`${cause}.md`);
    }
  });
});
