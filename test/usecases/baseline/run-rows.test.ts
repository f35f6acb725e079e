import { describe, expect, it } from 'vitest';
import { ModelLostError } from '../../../platform/onnx/errors.ts';
import { runRows } from '../../../usecases/baseline/run-rows.ts';

const place = { file: 'rows.csv', number: (row: number) => row + 1 };

/** Runs rows, and loses the graph where a part is such. */
const losing = (lost: (from: number, to: number) => boolean) => async (from: number, to: number) => {
  if (lost(from, to)) throw new ModelLostError('gone', 'time', { allowed: 30 });
  return {};
};

describe('runRows', () => {
  it('passes over the rows that a graph fails on, and those alone', async () => {
    const { parts, failed } = await runRows(
      10,
      async (from, to) => {
        if (from <= 3 && 3 < to) throw new Error('division by zero\nmore');
        return {};
      },
      place,
    );
    expect(failed).toEqual([{ row: 3, message: 'division by zero' }]);
    expect(parts.reduce((sum, { from, to }) => sum + to - from, 0)).toBe(9);
  });

  it('names the first row that a graph does not survive, and what it went beyond', async () => {
    const lost = runRows(
      10,
      losing((from, to) => (from <= 6 && 6 < to) || (from <= 8 && 8 < to)),
      place,
    );
    await expect(lost).rejects.toThrow('the graph does not survive row 7 of rows.csv: gone');
    await expect(lost).rejects.toMatchObject({ reason: 'time', allowed: 30 });
    await expect(
      runRows(
        1,
        losing(() => true),
        { ...place, what: 'request' },
      ),
    ).rejects.toThrow('request 1 of rows.csv');
  });

  it('says where rows are too much together only', async () => {
    await expect(
      runRows(
        10,
        losing((from, to) => to - from > 4),
        place,
      ),
    ).rejects.toThrow('does not survive all of rows 1 to 10 at once, though each by itself, of rows.csv');
  });
});
