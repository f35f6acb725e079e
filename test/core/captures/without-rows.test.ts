import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Capture, capturedSubject, rowId } from '../../../core/captures/capture.ts';
import { capturedProbabilities, capturedScores } from '../../../core/captures/captured-outputs.ts';
import { withoutRows } from '../../../core/captures/without-rows.ts';

/** What a capture says of each row, by its prediction id. */
const byId = (captures: readonly Capture[]) =>
  new Map(
    captures.flatMap((capture) =>
      Array.from({ length: capture.rows }, (_, row): [string, unknown] => [
        rowId(capture, row),
        [
          capture.features.x?.[row],
          capturedScores(capture)[row],
          capturedProbabilities(capture, row),
          capturedSubject(capture, row),
          capture.unit,
        ],
      ]),
    ),
  );

const captures = fc.integer({ min: 1, max: 40 }).chain((rows) =>
  fc.record({
    trimtab: fc.constant('capture' as const),
    id: fc.constant('id'),
    model: fc.constant('m'),
    version: fc.constant(1),
    variant: fc.constant('champion' as const),
    at: fc.constant('2026-01-02T03:04:05.678Z'),
    rows: fc.constant(rows),
    subject: fc.oneof(
      fc.constant('all'),
      fc.array(fc.option(fc.string(), { nil: null }), { minLength: rows, maxLength: rows }),
    ),
    features: fc.record({ x: fc.array(fc.integer(), { minLength: rows, maxLength: rows }) }),
    ms: fc.nat(100),
    unit: fc.constant('u'),
    probabilities: fc.array(fc.float({ min: 0, max: 1, noNaN: true }), { minLength: 3 * rows, maxLength: 3 * rows }),
    findings: fc.option(fc.constant<Capture['findings']>([{ feature: 'x', rule: 'min', count: 3 }]), {
      nil: undefined,
    }),
  }),
);

describe('withoutRows', () => {
  it('leaves exactly the other rows, each with the id and the values that it had', () => {
    fc.assert(
      fc.property(
        captures,
        fc.array(fc.nat(39)),
        fc.option(fc.nat(5_000), { nil: undefined }),
        (capture, some, first) => {
          const whole: Capture = first === undefined ? capture : { ...capture, first };
          const gone = new Set(some.filter((row) => row < whole.rows));
          const pieces = withoutRows(whole, gone);
          for (const piece of pieces) expect(Capture.safeParse(piece).success).toBe(true);
          const before = byId([whole]);
          for (const row of gone) before.delete(rowId(whole, row));
          expect(byId(pieces)).toEqual(before);
          for (const [i, piece] of pieces.entries())
            expect(piece.findings).toEqual(i === 0 ? whole.findings : undefined);
        },
      ),
    );
  });
});
