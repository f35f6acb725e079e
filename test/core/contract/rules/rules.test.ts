import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Contract, Feature } from '../../../../core/contract/contract.ts';
import { featureRules, RULES, type RuleName } from '../../../../core/contract/rules/rules.ts';

const feature = (given: object): Feature => Feature.parse({ name: 'x', ...given });
const rule = (given: object, name: RuleName) => featureRules(feature(given)).find((each) => each.name === name)!;

describe('the rules of a feature', () => {
  it('are asked what a value is before how large it is, which is all that SQL asks', () => {
    expect(Object.keys(RULES).slice(0, 3)).toEqual(['missing', 'type', 'finite']);
    const number = feature({ type: 'float', allowed: [1, 2], max: 5, min: -5 });
    expect(featureRules(number).map(({ name }) => name)).toEqual([
      'missing',
      'type',
      'finite',
      'min',
      'max',
      'allowed',
    ]);
    const sql = featureRules(number).flatMap((each) => each.sql?.('c') ?? []);
    expect(sql).toEqual(["c < '-5'::DOUBLE", "c > '5'::DOUBLE", "NOT list_contains(['1'::DOUBLE, '2'::DOUBLE], c)"]);
  });

  it('write text as SQL has it, whatever is in it', () => {
    expect(rule({ type: 'string', allowed: ["it's", 'x'] }, 'allowed').sql!('c')).toBe(
      "NOT list_contains(['it''s', 'x'], c)",
    );
  });

  it.each<[object, RuleName, string]>([
    [{ type: 'float' }, 'missing', 'a value'],
    [{ type: 'float' }, 'type', 'a number'],
    [{ type: 'float' }, 'finite', 'a finite number'],
    [{ type: 'integer' }, 'type', 'an integer'],
    [{ type: 'string' }, 'type', 'a string'],
    [{ type: 'boolean' }, 'type', 'true or false'],
    [{ type: 'float', min: -1.5 }, 'min', 'at least -1.5'],
    [{ type: 'integer', max: 7 }, 'max', 'at most 7'],
    [{ type: 'string', maxLength: 3 }, 'maxLength', 'at most 3 characters'],
    [{ type: 'string', allowed: ['b', 'a'] }, 'allowed', 'one of b, a'],
    [
      { type: 'integer', allowed: Array.from({ length: 13 }, (_, i) => i) },
      'allowed',
      'one of 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, … (13 values)',
    ],
  ])('say what they allow: %j %s', (given, name, text) => {
    expect(rule(given, name).allowed).toBe(text);
  });

  it('clamp to the nearest value that they allow', () => {
    expect(rule({ type: 'float', min: 0.5 }, 'min').clamp!(0)).toBe(0.5);
    expect(rule({ type: 'integer', min: 0.5 }, 'min').clamp!(0)).toBe(1);
    expect(rule({ type: 'integer', max: -0.5 }, 'max').clamp!(5)).toBe(-1);
    expect(rule({ type: 'integer', max: '1152921504606846977' }, 'max').clamp!(2n ** 62n)).toBe(2n ** 60n + 1n);
    // By its digits as JSON has them.
    expect(rule({ type: 'integer', max: 2 ** 60 }, 'max').clamp!(2n ** 62n)).toBe(BigInt(String(2 ** 60)));
    expect(rule({ type: 'string', maxLength: 2 }, 'maxLength').clamp!('a😀b')).toBe('a😀');
    for (const name of ['missing', 'type', 'finite'] as const)
      expect(rule({ type: 'float' }, name).clamp, name).toBeUndefined();
  });

  it('know integers beyond 2^53 from their neighbours, which are stated as strings', () => {
    const stated = { type: 'integer', min: '-9007199254740995', max: '9007199254740993' };
    expect([-(2n ** 53n) - 4n, -(2n ** 53n) - 3n, 0n].map(rule(stated, 'min').breaks)).toEqual([true, false, false]);
    expect([2n ** 53n + 2n, 2n ** 53n + 1n, 0].map(rule(stated, 'max').breaks)).toEqual([true, false, false]);
    expect(rule(stated, 'max').sql!('c')).toBe("c > '9007199254740993'::BIGINT");
    // No double on the other side of the bound is certain to keep it.
    expect(rule(stated, 'min').certain).toEqual({ lowest: Number.MIN_SAFE_INTEGER });
    const { breaks, sql } = rule({ type: 'integer', allowed: [7, '9007199254740993'] }, 'allowed');
    expect([7n, 7, 2n ** 53n, 2n ** 53n + 1n].map(breaks)).toEqual([false, false, true, false]);
    expect(sql!('c')).toContain("'9007199254740993'::BIGINT");
  });

  it('know 2^53 from its neighbour in lists of integers', () => {
    const { breaks } = rule({ type: 'integer', allowed: [2 ** 53] }, 'allowed');
    expect([2n ** 53n, 2n ** 53n + 1n, 2 ** 53].map(breaks)).toEqual([false, true, false]);
  });

  it.each([
    [{ type: 'string', min: 1 }, 'min is for float, integer, and x is string'],
    [{ type: 'boolean', max: 1 }, 'max is for float, integer, and x is boolean'],
    [{ type: 'float', maxLength: 3 }, 'maxLength is for string, and x is float'],
    [{ type: 'boolean', allowed: [1] }, 'allowed is for float, integer, string, and x is boolean'],
    [{ type: 'string', allowed: ['a', 1] }, 'allowed has 1, which is no string'],
    [{ type: 'integer', allowed: ['1'] }, 'allowed has "1", which is no integer'],
    [{ type: 'float', min: 2, max: 1 }, 'min must not exceed max'],
    [{ type: 'integer', min: '9007199254740994', max: '9007199254740993' }, 'min must not exceed max'],
  ])('are refused where they could never mean anything: %j', (given, message) => {
    const { error } = Contract.safeParse({ features: [{ name: 'x', ...given }] });
    expect(error?.issues.map((issue) => issue.message)).toEqual([message]);
  });

  it('are described each: in the published schema and in the page about models', () => {
    const schema = JSON.parse(readFileSync('schemas/model.schema.json', 'utf8'));
    const { properties } = schema.$defs['model.json'].properties.contract.properties.features.items;
    const page = readFileSync('docs/models.md', 'utf8');
    for (const [name, { shape }] of Object.entries(RULES)) {
      for (const key of Object.keys(shape)) expect(properties[key].description, key).toBeTypeOf('string');
      expect(page).toContain(`| \`${name}\` |`);
    }
  });
});
