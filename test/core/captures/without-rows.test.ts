import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Capture, capturedSubject, rowId } from '../../../core/captures/capture.ts';
import { withoutRows } from '../../../core/captures/without-rows.ts';

/** What a capture says of each row, by its prediction id. */
const byId = (captures: readonly Capture[]) =>
  new Map(
    captures.flatMap((capture) =>
      Array.from({ length: capture.rows }, (_, row): [string, unknown] => [
        rowId(capture, row),
        [capture.features.x?.[row], capture.scores[row], capturedSubject(capture, row)],
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
    scores: fc.array(fc.integer(), { minLength: rows, maxLength: rows }),
    violations: fc.nat(9),
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
          expect(pieces.reduce((sum, piece) => sum + piece.violations, 0)).toBe(
            pieces.length === 0 ? 0 : whole.violations,
          );
        },
      ),
    );
  });
});
