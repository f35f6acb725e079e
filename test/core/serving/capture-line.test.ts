import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Feature } from '../../../core/contract/contract.ts';
import { Capture, rowId } from '../../../core/serving/capture.ts';
import { captureWriter } from '../../../core/serving/capture-line.ts';

const feature = (name: string, type: string, more: object = {}) => Feature.parse({ name, type, ...more });
const base = { id: 'id-1', version: 3, variant: 'champion', at: '2026-01-02T03:04:05.678Z', violations: 2 } as const;
const read = (lines: string[]) => lines.map((line) => Capture.parse(JSON.parse(line)));

describe('captureWriter', () => {
  it('writes lines that parse as captures and give the values back, for any number of rows', () => {
    const row = fc.record({
      number: fc.option(fc.double({ noNaN: true, noDefaultInfinity: true }), { nil: null }),
      text: fc.string({ maxLength: 20 }),
      flag: fc.boolean(),
      score: fc.double({ min: 0, max: 1, noNaN: true }),
    });
    const writer = captureWriter('m', {
      features: [feature('number', 'float'), feature('te"xt', 'string'), feature('flag', 'boolean')],
    });
    fc.assert(
      fc.property(fc.array(row, { minLength: 1, maxLength: 60 }), fc.string(), (rows, id) => {
        const [capture, ...more] = read(
          writer.lines({
            ...base,
            id,
            rows: rows.length,
            values: [
              Float64Array.from(rows, (each) => each.number ?? Number.NaN),
              rows.map((each) => each.text),
              Float64Array.from(rows, (each) => (each.flag ? 1 : 0)),
            ],
            scores: rows.map((each) => each.score),
          }),
        );
        expect(more).toEqual([]);
        expect(capture!.id).toBe(id);
        // JSON has one zero only.
        expect(capture!.features.number!.map((x) => (x === 0 ? 0 : x))).toEqual(
          rows.map((each) => (each.number === 0 ? 0 : each.number)),
        );
        expect(capture!.features['te"xt']).toEqual(rows.map((each) => (each.text === '' ? null : each.text)));
        expect(capture!.features.flag).toEqual(rows.map((each) => each.flag));
        expect(capture!.scores).toEqual(rows.map((each) => (each.score === 0 ? 0 : each.score)));
      }),
    );
  });

  it('spreads a batch over lines that each fit a log event, with row ids that go on', () => {
    const rows = 4_096;
    const features = Array.from({ length: 30 }, (_, i) => feature(`feature_${i}`, 'float'));
    const values = features.map((_, f) => Float64Array.from({ length: rows }, (_, r) => r + f / 100));
    const lines = captureWriter('m', { features }).lines({ ...base, rows, values, scores: new Float64Array(rows) });
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(256 * 1024);
    const captures = read(lines);
    expect(captures.reduce((sum, capture) => sum + capture.rows, 0)).toBe(rows);
    expect(captures.reduce((sum, capture) => sum + capture.violations, 0)).toBe(2);
    const ids = captures.flatMap((capture) => Array.from({ length: capture.rows }, (_, row) => rowId(capture, row)));
    expect(new Set(ids).size).toBe(rows);
    expect(ids.at(-1)).toBe(`id-1#${rows - 1}`);
    expect(captures.flatMap((capture) => capture.features.feature_1)).toEqual(Array.from(values[1]!));
  });

  it('drops and hashes personal features before anything is written', () => {
    const features = [
      feature('name', 'string', { personal: 'drop' }),
      feature('user', 'string', { personal: 'hash' }),
      feature('age', 'integer', { personal: 'hash' }),
      feature('ok', 'float'),
    ];
    const input = {
      ...base,
      rows: 1,
      values: [['Ada'], ['ada@x'], Float64Array.of(36), Float64Array.of(1)],
      scores: [0.5],
    };
    const [line] = captureWriter('m', { features }, (value) => `h(${value.length})`).lines(input);
    expect(line).not.toContain('Ada');
    expect(line).not.toContain('ada@x');
    expect(read([line!])[0]!.features).toEqual({ user: ['h(5)'], age: ['h(2)'], ok: [1] });
  });

  it('leaves out what should be hashed when there is no key, for a hash without one can be undone', () => {
    const features = [feature('user', 'string', { personal: 'hash' }), feature('ok', 'float')];
    const [line] = captureWriter('m', { features }).lines({
      ...base,
      rows: 1,
      values: [['ada'], Float64Array.of(1)],
      scores: [],
    });
    expect(read([line!])[0]!.features).toEqual({ ok: [1] });
  });
});
