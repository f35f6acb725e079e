import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Capture, rowId } from '../../../core/captures/capture.ts';
import { captureWriter } from '../../../core/captures/capture-line.ts';
import { capturedProbabilities, capturedScores } from '../../../core/captures/captured-outputs.ts';
import { UNIT_FIELD } from '../../../core/captures/pseudonym-fields.ts';
import { Feature } from '../../../core/contract/contract.ts';
import type { PrivacyKeys } from '../../../core/contract/personal.ts';
import { privacyKeys } from '../../../platform/privacy.ts';

const feature = (name: string, type: string, more: object = {}) => Feature.parse({ name, type, ...more });
const base = {
  id: 'id-1',
  version: 3,
  variant: 'champion',
  at: '2026-01-02T03:04:05.678Z',
  ms: 1.23456,
  outputs: {},
  findings: [{ feature: 'x', rule: 'min', count: 2 }],
} as const;
const real = privacyKeys('a secret of more than thirty-two characters');
/** Keys that show what they were asked. */
const keys: PrivacyKeys = {
  pseudonym: (field, value) => `h(${field} ${value.length})`,
  seal: ({ owner, field }, value) => `e(${owner} ${field} ${value})`,
  open: () => '',
};
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
            outputs: { scores: rows.map((each) => each.score) },
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
    const lines = captureWriter('m', { features }).lines({
      ...base,
      rows,
      values,
      outputs: { scores: new Float64Array(rows) },
    });
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(256 * 1024);
    const captures = read(lines);
    expect(captures.reduce((sum, capture) => sum + capture.rows, 0)).toBe(rows);
    expect(captures.map(({ findings }) => findings)).toEqual([
      base.findings,
      ...captures.slice(1).map(() => undefined),
    ]);
    const ids = captures.flatMap((capture) => Array.from({ length: capture.rows }, (_, row) => rowId(capture, row)));
    expect(new Set(ids).size).toBe(rows);
    expect(ids.at(-1)).toBe(`id-1#${rows - 1}`);
    expect(captures.flatMap((capture) => capture.features.feature_1)).toEqual(Array.from(values[1]!));
  });

  it.each([undefined, 0, 12])(
    'says by which revision a version was chosen, where there is a ledger: %s',
    (revision) => {
      const writer = captureWriter('m', { features: [] });
      const [capture] = read(
        writer.lines({ ...base, rows: 1, values: [], ...(revision === undefined ? {} : { revision }) }),
      );
      expect(capture!.revision).toBe(revision || undefined);
    },
  );

  it('drops and hashes personal features before anything is written', () => {
    const features = [
      feature('name', 'string', { personal: 'omit' }),
      feature('user', 'string', { personal: 'hash' }),
      feature('age', 'integer', { personal: 'hash' }),
      feature('ok', 'float'),
    ];
    const input = {
      ...base,
      rows: 1,
      values: [['Ada'], ['ada@x'], Float64Array.of(36), Float64Array.of(1)],
    };
    const [line] = captureWriter('m', { features }, { keys: () => keys }).lines(input);
    expect(line).not.toContain('Ada');
    expect(line).not.toContain('ada@x');
    expect(read([line!])[0]!.features).toEqual({ user: ['h(user 5)'], age: ['h(age 2)'], ok: [1] });
  });

  it('encrypts, and writes whom a row is about as a pseudonym, from a feature or from beside the features', () => {
    const features = [
      feature('user', 'string', { personal: 'encrypt' }),
      feature('flag', 'boolean', { personal: 'encrypt' }),
      feature('ok', 'float'),
    ];
    const input = { ...base, rows: 2, values: [['ada', ''], Float64Array.of(1, 0), Float64Array.of(1, 2)] };
    const own = captureWriter('m', { features }, { subject: 'user', keys: () => keys }).lines(input);
    expect(read(own)[0]).toMatchObject({
      subject: ['h(user 3)', null],
      features: { user: ['e(m user ada)', null], flag: ['e(m flag true)', 'e(m flag false)'], ok: [1, 2] },
    });
    const beside = captureWriter('m', { features }, { subject: 'customer', keys: () => keys });
    expect(read(beside.lines({ ...input, subject: 'c-17' }))[0]!.subject).toBe('h(customer 4)');
    expect(read(beside.lines(input))[0]!.subject).toBeUndefined();
    const without = captureWriter('m', { features }, { subject: 'user' }).lines(input);
    expect(read(without)[0]).toMatchObject({ features: { ok: [1, 2] } });
    expect(without[0]).not.toContain('subject');
  });

  it('takes keys that come later, from then on', () => {
    let late: PrivacyKeys | undefined;
    const writer = captureWriter(
      'm',
      { features: [feature('user', 'string', { personal: 'hash' })] },
      { keys: () => late },
    );
    const input = { ...base, rows: 1, values: [['ada']] };
    expect(read(writer.lines(input))[0]!.features).toEqual({});
    late = keys;
    expect(read(writer.lines(input))[0]!.features).toEqual({ user: ['h(user 3)'] });
  });

  it('never writes a personal value, packed, spread over lines or plain', () => {
    const treatment = fc.constantFrom('omit', 'hash', 'encrypt');
    fc.assert(
      fc.property(treatment, treatment, fc.integer({ min: 1, max: 700 }), fc.boolean(), (a, b, rows, known) => {
        const features = [
          feature('name', 'string', { personal: a }),
          feature('account', 'integer', { personal: b }),
          feature('ok', 'float'),
        ];
        const lines = captureWriter(
          'm',
          { features },
          { subject: 'name', ...(known ? { keys: () => real } : {}) },
        ).lines({
          ...base,
          rows,
          values: [
            Array.from({ length: rows }, () => 'Canary-Ada'),
            new Float64Array(rows).fill(987_654_321),
            new Float64Array(rows).fill(1.5),
          ],
        });
        // Packed doubles are looked into as well.
        const text = JSON.stringify(read(lines));
        expect(text).not.toContain('Canary-Ada');
        expect(text).not.toContain('987654321');
        expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(256 * 1024);
        expect(read(lines).reduce((sum, capture) => sum + capture.rows, 0)).toBe(rows);
      }),
      { numRuns: 60 },
    );
  });

  it('leaves out what should be hashed when there is no key, for a hash without one can be undone', () => {
    const features = [feature('user', 'string', { personal: 'hash' }), feature('ok', 'float')];
    const [line] = captureWriter('m', { features }).lines({
      ...base,
      rows: 1,
      values: [['ada'], Float64Array.of(1)],
    });
    expect(read([line!])[0]!.features).toEqual({ ok: [1] });
  });

  it('writes lines that parse, whatever is said of a request, and fit a log event', () => {
    const optional = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
    const count = fc.integer({ min: 0, max: 40 });
    const number = fc.oneof(fc.double(), fc.float(), fc.constant(Number.NaN));
    const requests = fc.record({ rows: fc.integer({ min: 1, max: 700 }), classes: count }).chain(({ rows, classes }) =>
      fc.record({
        rows: fc.constant(rows),
        classes: fc.constant(classes),
        number,
        text: fc.string({ unit: 'binary', maxLength: 200 }),
        read: fc.boolean(),
        ms: fc.double({ min: 0, max: 1e6, noNaN: true }),
        unit: optional(fc.string({ unit: 'binary' })),
        principal: optional(fc.string({ unit: 'binary' })),
        named: fc.boolean(),
        failed: optional(fc.constantFrom('caller' as const, 'internal' as const, 'unavailable' as const)),
        known: fc.boolean(),
        findings: fc.array(
          fc.record({
            feature: fc.string({ unit: 'binary', maxLength: 128 }),
            rule: fc.constantFrom('min' as const, 'missing' as const, 'shape' as const),
            count: fc.integer({ min: 1, max: 1_000 }),
          }),
          { maxLength: 400 },
        ),
      }),
    );
    const features = [feature('x', 'float'), feature('t', 'string'), feature('p', 'string', { personal: 'encrypt' })];
    fc.assert(
      fc.property(requests, ({ rows, classes, number: x, text, read: isRead, known, failed, ...said }) => {
        const probabilities = classes === 0 ? undefined : new Float64Array(rows * classes).fill(x);
        const outputs = { probabilities, labels: Array<number>(rows).fill(Number.isFinite(x) ? 1 : Number.NaN) };
        const lines = captureWriter('m', { features }, { classes, ...(known ? { keys: () => real } : {}) }).lines({
          ...base,
          ...said,
          rows,
          values: isRead ? [new Float64Array(rows).fill(x), Array(rows).fill(text), Array(rows).fill(text)] : [],
          outputs: failed === undefined ? outputs : {},
          failed,
        });
        for (const line of lines) expect(Buffer.byteLength(line)).toBeLessThan(256 * 1024);
        const captures = read(lines);
        expect(captures.reduce((sum, capture) => sum + capture.rows, 0)).toBe(rows);
        for (const capture of captures) {
          expect(capture.failed).toBe(failed);
          expect(capture.named).toBe(said.named ? true : undefined);
          const unit = known && said.unit !== undefined ? real.pseudonym(UNIT_FIELD, said.unit) : null;
          expect(capture.unit).toBe(said.unit === undefined ? undefined : unit);
          if (said.principal === undefined || !known) expect(capture).not.toHaveProperty('principal');
          expect(capturedScores(capture)).toHaveLength(failed === undefined ? capture.rows : 0);
          if (failed !== undefined) continue;
          const finite = Number.isFinite(x) && classes > 0;
          expect(capturedProbabilities(capture, capture.rows - 1)).toEqual(
            finite ? Array<unknown>(classes).fill(expect.closeTo(x, 6)) : undefined,
          );
        }
      }),
      { numRuns: 60 },
    );
  });

  it('leaves the rarest findings out where not all have room', () => {
    const findings = Array.from({ length: 1_000 }, (_, i) => ({
      feature: `${'ü'.repeat(120)}${i}`,
      rule: 'min' as const,
      count: i + 1,
    }));
    const [line] = captureWriter('m', { features: [] }).lines({ ...base, rows: 1, values: [], findings });
    const kept = read([line!])[0]!.findings!;
    expect(kept.length).toBeGreaterThan(50);
    expect(kept.length).toBeLessThan(1_000);
    expect(kept.map(({ count }) => count)).toEqual(kept.map((_, i) => 1_000 - i));
  });

  it('remembers pseudonyms of callers, under the keys that made them', () => {
    let made = 0;
    const counted = (name: string): PrivacyKeys => ({
      ...keys,
      pseudonym: (field, value) => `${name} ${field} ${value} ${++made}`,
    });
    let held = counted('first');
    const writer = captureWriter('m', { features: [] }, { keys: () => held });
    const ask = (unit: string) => read(writer.lines({ ...base, rows: 1, values: [], unit, principal: unit }))[0]!;
    expect([ask('a').unit, ask('a').unit]).toEqual(Array(2).fill('first request:unit a 1'));
    expect(ask('a').principal).toBe('first request:principal a 2');
    held = counted('second');
    expect(ask('a').unit).toBe('second request:unit a 3');
    made = 0;
    for (let i = 0; i < 10_001; i++) ask(`key ${i}`);
    expect(made).toBe(20_002);
    ask('x'.repeat(500));
    ask('x'.repeat(500));
    expect(made).toBe(20_006);
  });
});
