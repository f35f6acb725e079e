import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isOutcome, parseFeedbackLine, recordKey } from '../../../core/serving/feedback-record.ts';

describe('parseFeedbackLine', () => {
  it("reads its own form and SageMaker's", () => {
    expect(parseFeedbackLine('{"id":"a","truth":1}')).toEqual({ record: { id: 'a', truth: 1 } });
    expect(
      parseFeedbackLine(
        '{"groundTruthData":{"data":"1","encoding":"CSV"},"eventMetadata":{"eventId":"a"},"eventVersion":"0"}',
      ),
    ).toEqual({ record: { id: 'a', truth: '1' } });
  });

  it('reads what a prediction was worth', () => {
    const record = { id: 'a', metric: 'revenue', value: 2.5, at: '2026-01-31T12:00:00Z' };
    expect(parseFeedbackLine(JSON.stringify(record))).toEqual({ record });
    expect(isOutcome(record)).toBe(true);
  });

  it('keeps apart what differs in metric or time', () => {
    const record = { id: 'a', metric: 'revenue', value: 1 };
    const keys = [
      recordKey({ id: 'a', truth: 1 }),
      recordKey(record),
      recordKey({ ...record, metric: 'cost' }),
      recordKey({ ...record, at: '2026-01-31T12:00:00Z' }),
    ];
    expect(new Set(keys).size).toBe(keys.length);
    expect(recordKey({ ...record, value: 2 })).toBe(recordKey(record));
  });

  it.each(['', '{', '[]', 'null', '{"id":""}', '{"id":"a"}', '{"id":1,"truth":1}', '{"id":"a","truth":null}'])(
    'says what is wrong with %s',
    (line) => expect(parseFeedbackLine(line)).toHaveProperty('fault'),
  );

  it('never throws', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (line) => {
        parseFeedbackLine(line);
      }),
    );
  });
});
