import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { withInputTypes } from '../../../core/contract/bind.ts';
import { brokenRule } from '../../../core/contract/broken-rules-sql.ts';
import { type CompiledContract, compileCheck } from '../../../core/contract/check.ts';
import { Contract, type FeatureType } from '../../../core/contract/contract.ts';
import { RULES } from '../../../core/contract/rules/rules.ts';
import type { Signature, TensorType } from '../../../core/model/signature.ts';
import { cellKind, cellValue } from '../../../core/protocols/formats/cell.ts';
import { parseJson } from '../../../core/protocols/formats/json.ts';
import { protocolModelOf } from '../../../core/protocols/protocol.ts';
import { type Duck, openDuck } from '../../../platform/duckdb/connection.ts';
import type { Endpoint } from '../../../usecases/serving/endpoint.ts';
import { BREACHES } from '../../../usecases/validation/create-cells.ts';
import { loadFile } from '../../../usecases/validation/load-file.ts';
import { validateFile } from '../../../usecases/validation/validate-file.ts';
import type { QuarantinedRow, ValidationView } from '../../../usecases/validation/validation-view.ts';
import { read, request, ServingFixture } from '../../fixtures/serving-fixture.ts';
import { temporaryFolder } from '../../temporary-folder.ts';

let folder: string;
let duck: Duck;
beforeAll(async () => {
  folder = temporaryFolder('rules');
  duck = await openDuck();
});
afterAll(() => duck.close());

const FLOATS: TensorType[] = ['float64', 'float32', 'float16'];
const INTEGERS: TensorType[] = ['int8', 'int16', 'int32', 'int64', 'uint8', 'uint16', 'uint32', 'uint64'];
/** Inputs that a type may go to; integers and booleans have no element for a missing one. */
const INPUTS: Record<FeatureType, { readonly allow: TensorType[]; readonly reject: TensorType[] }> = {
  float: { allow: FLOATS, reject: FLOATS },
  integer: { allow: FLOATS, reject: [...FLOATS, ...INTEGERS, 'bool'] },
  string: { allow: ['string'], reject: ['string'] },
  boolean: { allow: FLOATS, reject: [...FLOATS, ...INTEGERS, 'bool'] },
};

const signatureOf = (inputs: Readonly<Record<string, TensorType>>): Signature => ({
  inputs: Object.entries(inputs).map(([name, type]) => ({ name, type, shape: [-1] })),
  outputs: [{ name: 'y', type: 'float32', shape: [-1] }],
});

/** A request's check of one feature, for cells as JSON has them: names the rule that a cell breaks, and counts. */
function requestCheck(feature: object, input: TensorType) {
  const signature = signatureOf({ x: input });
  const { features } = Contract.parse({ features: [{ ...feature, input: 'x' }] });
  const check: CompiledContract = compileCheck(Contract.parse({ features }), signature);
  const { exact } = protocolModelOf('m', signature, { features });
  return (cell: string | { readonly value: unknown }): { rule: string | undefined; refused: boolean } => {
    const data = typeof cell === 'string' ? (parseJson(`[${cell}]`, exact) as unknown[]) : [cell.value];
    const { violations, rejected, tolerated } = check.run(new Map([['x', { shape: [1], data }]]), false);
    return { rule: violations[0]?.rule, refused: rejected + tolerated > 0 };
  };
}

/** Numbers as JSON has them; digits where there are too many for a number. */
const number = fc.oneof(
  fc.integer({ min: -12, max: 12 }).map(String),
  fc.double({ min: -12, max: 12, noNaN: true }).map(String),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
  fc.constantFrom(
    ...['-0', '5e-324', '1.7976931348623157e308', '1e400', '-1e400', 'Infinity', '-Infinity', 'NaN', 'null'],
    ...['9007199254740991', '9007199254740992', '9007199254740993', '-9007199254740993'],
    ...['9223372036854775807', '9223372036854775808', '-9223372036854775808', '-9223372036854775809'],
    ...['18446744073709551615', '18446744073709551616', '1.8446744073709551615e19'],
    ...['9007199254740993.0', '9007199254740993.5', '90071992547409930e-1', '1.00000000000000000001', '1e-400'],
    ...['-129', '-128', '127', '128', '255', '256', '300', '-32769', '32768', '65535', '65536'],
    ...['2147483647', '2147483648', '3e9', '4294967295', '4294967296', '-1', '0.0', '-0.0'],
  ),
  // Whole numbers as people and programs write them.
  fc
    .tuple(fc.integer({ min: -12, max: 300 }), fc.constantFrom('.0', '.000', 'e0', 'E+0', '0e-1', '.0e0'))
    .map(([whole, how]) => (whole === 0 ? '0.0' : `${whole}${how}`)),
);
const text = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 6 }).map((s) => JSON.stringify(s)),
  fc.constantFrom(
    '"\\ud800"',
    '"a\\udc00b"',
    '""',
    '" "',
    '"a"',
    '"b"',
    '"\\u0000"',
    '"a\\u0000b"',
    '"😀😀"',
    '"é"',
    '"e\\u0301"',
    '"A"',
    'null',
  ),
);
const CELLS: Record<FeatureType, fc.Arbitrary<string>> = {
  float: number,
  integer: number,
  string: text,
  boolean: fc.constantFrom('true', 'false', '1', '0', '1.0', '0e0', '2', '0.5', 'null'),
};
/** Cells that no value of the type is written as. */
const WRONG: Record<FeatureType, readonly string[]> = {
  float: ['"5"', 'true', '""'],
  integer: ['"5"', 'false', '"a"'],
  string: ['5', 'true', 'NaN'],
  boolean: ['"true"', '"1"', '2', '0.5'],
};

const bound = fc.oneof(
  fc.integer({ min: -9, max: 9 }),
  fc.double({ min: -9, max: 9, noNaN: true }),
  fc.constantFrom(2 ** 53, -(2 ** 53), 2 ** 63, -(2 ** 63), 1e300, -1e300),
);
const range = fc.tuple(bound, bound, fc.constantFrom('both', 'min', 'max', 'none')).map(([a, b, sides]) => ({
  ...(sides === 'both' || sides === 'min' ? { min: Math.min(a, b) } : {}),
  ...(sides === 'both' || sides === 'max' ? { max: Math.max(a, b) } : {}),
}));
const some = <T>(values: fc.Arbitrary<T>) =>
  fc.option(fc.uniqueArray(values, { minLength: 1, maxLength: 5 }), { nil: undefined });
const numbers = fc.oneof(fc.integer({ min: -9, max: 9 }), fc.constantFrom(0.5, 2 ** 53, 2 ** 63, -(2 ** 63)));
const texts = fc.constantFrom('a', 'b', ' ', '😀😀', 'é', 'it’s "quoted", isn\'t it', 'A', 'long enough');
const STATED: Record<FeatureType, fc.Arbitrary<object>> = {
  float: fc.tuple(range, some(numbers)).map(([bounds, allowed]) => ({ ...bounds, allowed })),
  integer: fc.tuple(range, some(numbers)).map(([bounds, allowed]) => ({ ...bounds, allowed })),
  string: fc.record({ maxLength: fc.option(fc.integer({ min: 1, max: 4 }), { nil: undefined }), allowed: some(texts) }),
  boolean: fc.constant({}),
};
const TYPES = Object.keys(STATED) as FeatureType[];

const ROWS = 30;
/** A feature of any rules, and cells for it, some of them of another kind. */
const column = fc.constantFrom(...TYPES).chain((type) =>
  fc.record({
    feature: fc
      .tuple(STATED[type], fc.constantFrom('allow' as const, 'reject' as const))
      .map(([rules, missing]) => ({ type, missing, ...rules })),
    input: fc
      .nat()
      .map((n) => (missing: 'allow' | 'reject') => INPUTS[type][missing][n % INPUTS[type][missing].length]!),
    cells: fc.array(fc.oneof({ weight: 12, arbitrary: CELLS[type] }, fc.constantFrom(...WRONG[type])), {
      minLength: ROWS,
      maxLength: ROWS,
    }),
  }),
);

/** What the files' path says of each line: the rule that each feature breaks, by its name. */
async function fileRules(lines: readonly string[], contract: Contract) {
  const file = path.join(folder, 'cells.jsonl');
  writeFileSync(file, `${lines.join('\n')}\n`);
  const { columns } = await loadFile(duck, file, contract);
  const found = lines.map(() => new Map<string, string>());
  for (const { row, col, code } of await duck.rows(`SELECT * FROM ${BREACHES}`)) {
    const column = columns[Number(col)]!;
    found[Number(row)]!.set(column.name, brokenRule(column, Number(code)).name);
  }
  return found;
}

describe('a contract', () => {
  it('names the same rule first in requests and in files, whatever rules and cells', async () => {
    const broken = new Set<string>();
    await fc.assert(
      fc.asyncProperty(fc.array(column, { minLength: 6, maxLength: 10 }), async (columns) => {
        const features = columns.map(({ feature }, i) => ({ name: `f${i}`, ...feature }));
        const inputs = columns.map(({ feature: { missing }, input }) => input(missing));
        const contract = withInputTypes(
          Contract.parse({ features }),
          signatureOf(Object.fromEntries(inputs.map((type, i) => [`f${i}`, type]))),
        );
        const lines = Array.from(
          { length: ROWS },
          (_, row) => `{${columns.map(({ cells }, i) => `"f${i}":${cells[row]}`).join(',')}}`,
        );
        const inFile = await fileRules(lines, contract);
        for (const [i, { feature, cells }] of columns.entries()) {
          const [reject, flag, clamp] = (['reject', 'flag', 'clamp'] as const).map((onViolation) =>
            requestCheck({ ...features[i], onViolation }, inputs[i]!),
          );
          for (const [row, cell] of cells.entries()) {
            const rules = inFile[row]!;
            const { rule, refused } = reject!(cell);
            if (rule !== undefined) broken.add(rule);
            const context = `${cell} for ${JSON.stringify(feature)} in ${inputs[i]}`;
            expect(refused, context).toBe(rule !== undefined);
            expect([flag!(cell).refused, clamp!(cell).refused], context).toEqual([refused, refused]);
            expect(rules.get(`f${i}`), context).toBe(rule);
          }
        }
      }),
      { numRuns: 60 },
    );
    // A rule that is not among those drawn above would go uncompared.
    expect([...broken].sort()).toEqual(Object.keys(RULES).sort());
  });
});

/** Rules that were broken, by the order of the file. */
function rulesOf({ quarantineFile }: Pick<ValidationView, 'quarantineFile'>): string[] {
  if (quarantineFile === null) return [];
  const rows = readFileSync(quarantineFile, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as QuarantinedRow);
  return rows.toSorted((a, b) => a.line - b.line).map(({ reasons }) => reasons[0]!.rule);
}

/** Inputs that hold every value of a type. */
const WIDEST: Record<FeatureType, TensorType[]> = {
  float: ['float64', 'float32'],
  integer: ['int64', 'float64', 'float32'],
  string: ['string'],
  boolean: ['bool', 'float32', 'int64', 'uint8'],
};

/** Worked out by hand: what a cell breaks, as JSON and as CSV have it. */
const KNOWN: [object, [json: string, csv: string, rule: string | undefined][]][] = [
  [
    { type: 'float' },
    [
      ['1e400', '1e400', 'finite'],
      ['-1e400', '-1e400', 'finite'],
      ['Infinity', 'Infinity', 'finite'],
      ['-Infinity', '-inf', 'finite'],
      ['NaN', 'NaN', 'missing'],
      ['null', '', 'missing'],
      ['null', 'NA', 'missing'],
      ['null', 'NULL', 'missing'],
      ['null', ' \t', 'missing'],
      ['"\u00a0NA"', '\u00a0NA', 'type'],
      ['"-nan"', '-nan', 'type'],
      ['"N/A"', 'N/A', 'type'],
      ['1e150', '1e150', undefined],
      ['5e-324', '5e-324', undefined],
      ['true', 'true', 'type'],
    ],
  ],
  [
    { type: 'float', missing: 'allow', min: -1, max: 1 },
    [
      ['Infinity', 'Infinity', 'finite'],
      ['NaN', 'NaN', undefined],
      ['null', '', undefined],
      ['-0', '-0', undefined],
      ['1.0000000000000002', '1.0000000000000002', 'max'],
      ['-2', '-2', 'min'],
    ],
  ],
  [
    { type: 'integer', max: 9007199254740992 },
    [
      ['9007199254740991', '9007199254740991', undefined],
      ['9007199254740992', '9007199254740992', undefined],
      // As numbers these two are one.
      ['9007199254740993', '9007199254740993', 'max'],
      ['9223372036854775807', '9223372036854775807', 'max'],
      ['9223372036854775808', '9223372036854775808', 'type'],
      ['-9223372036854775808', '-9223372036854775808', undefined],
      ['-9223372036854775809', '-9223372036854775809', 'type'],
      ['1e400', '1e400', 'type'],
      ['0.5', '0.5', 'type'],
      ['null', 'na', 'missing'],
      ['5.0', '5.0', undefined],
      ['5e0', '5e0', undefined],
      ['0.5e1', '0.5e1', undefined],
      ['9007199254740993.0', '9007199254740993.0', 'max'],
      ['9.007199254740993e15', '9.007199254740993e15', 'max'],
      ['90071992547409920e-1', '90071992547409920e-1', undefined],
      ['9007199254740991.5', '9007199254740991.5', 'type'],
      ['-9007199254740993.5', '-9007199254740993.5', 'type'],
      ['1e18', '1e18', 'max'],
      ['1e19', '1e19', 'type'],
    ],
  ],
  [
    { type: 'integer', min: 3, allowed: [1, 4] },
    [
      ['0', '0', 'min'],
      ['1', '1', 'min'],
      ['3', '3', 'allowed'],
      ['4', '4', undefined],
    ],
  ],
  [
    { type: 'string', maxLength: 2, allowed: ['ab', 'c', 'long'] },
    [
      ['"c"', 'c', undefined],
      ['"C"', 'C', 'allowed'],
      ['"😀😀"', '😀😀', 'allowed'],
      ['"😀😀😀"', '😀😀😀', 'maxLength'],
      // Too long and, so, not asked whether it is on the list.
      ['"long"', 'long', 'maxLength'],
      ['"abc"', 'abc', 'maxLength'],
      ['"\\u0000abc"', '\0abc', 'type'],
      ['null', '', 'missing'],
      ['""', '""', 'allowed'],
    ],
  ],
  [
    { type: 'string', maxLength: 1 },
    [
      ['"😀"', '😀', undefined],
      ['"\\u00e9"', '\u00e9', undefined],
      ['"e\\u0301"', 'e\u0301', 'maxLength'],
      ['" "', ' ', undefined],
    ],
  ],
  [
    { type: 'boolean' },
    [
      ['true', 'true', undefined],
      ['0', '0', undefined],
      ['1', '1', undefined],
      ['null', '', 'missing'],
      ['null', 'NaN', 'missing'],
      ['true', 'TRUE', undefined],
      ['1.0', '1.0', undefined],
      ['2', '2', 'type'],
    ],
  ],
];

describe('known cells', () => {
  it.each(KNOWN)('break in a CSV file what they break in a request: %j', async (feature, cells) => {
    const contract = Contract.parse({
      features: [{ name: 'f', ...feature }],
      data: { id: 'id' },
      file: { maxQuarantinedShare: 1 },
    });
    const file = path.join(folder, 'known.csv');
    writeFileSync(file, `id,f\n${cells.map(([, csv], i) => `${i},${csv}`).join('\n')}\n`);
    const { quarantineFile } = await validateFile(file, contract, {
      outDir: path.join(folder, 'out'),
      now: new Date(0),
    });
    const quarantined = readFileSync(quarantineFile!, 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as QuarantinedRow);
    const inFile = cells.map((_, i) => quarantined.find(({ line }) => line === i + 2)?.reasons.map(({ rule }) => rule));
    expect(inFile).toEqual(cells.map(([, , rule]) => (rule === undefined ? undefined : [rule])));
    for (const input of WIDEST[(feature as { type: FeatureType }).type]) {
      const check = requestCheck({ name: 'f', ...feature }, input);
      expect(cells.map(([json]) => check(json).rule)).toEqual(cells.map(([, , rule]) => rule));
      const ofText = (csv: string) =>
        check({
          value: cellValue(
            cellKind(input, (feature as { type: FeatureType }).type),
            csv === '' ? null : csv.replaceAll('"', ''),
          ),
        }).rule;
      expect(
        cells.map(([, csv]) => ofText(csv)),
        `CSV for ${input}`,
      ).toEqual(cells.map(([, , rule]) => rule));
    }
  });

  it('are held to the range of the graph’s input, in CSV, JSON lines, Parquet and requests', async () => {
    const cells: [TensorType, [string, string | undefined][]][] = [
      [
        'uint8',
        [
          ['255', undefined],
          ['300', 'range'],
          ['-1', 'range'],
          ['1e400', 'type'],
        ],
      ],
      [
        'int32',
        [
          ['2147483647', undefined],
          ['3e9', 'range'],
        ],
      ],
      [
        'uint64',
        [
          ['18446744073709551615', undefined],
          ['9223372036854775808', undefined],
          ['-1', 'range'],
          ['18446744073709551616', 'type'],
        ],
      ],
      [
        'int64',
        [
          ['9223372036854775807', undefined],
          ['9223372036854775808', 'type'],
        ],
      ],
      [
        'bool',
        [
          ['1', undefined],
          ['2', 'range'],
        ],
      ],
    ];
    for (const [input, rows] of cells) {
      const contract = withInputTypes(
        Contract.parse({
          features: [{ name: 'n', type: 'integer' }],
          data: { id: 'id' },
          file: { maxQuarantinedShare: 1 },
        }),
        signatureOf({ n: input }),
      );
      const name = path.join(folder, `range-${input}`);
      writeFileSync(`${name}.csv`, `id,n\n${rows.map(([cell], i) => `${i},${cell}\n`).join('')}`);
      writeFileSync(`${name}.jsonl`, rows.map(([cell], i) => `{"id":${i},"n":${cell}}\n`).join(''));
      const written = rows.filter(([cell]) => /^-?\d+$/.test(cell));
      await duck.run(
        `COPY (SELECT unnest([${written.map(([cell]) => `'${cell}'::HUGEINT::DECIMAL(38, 0)`).join(', ')}]) AS n, 'x' AS id) TO '${name}.parquet' (FORMAT parquet)`,
      );
      const expected = (of: typeof rows) => of.flatMap(([, rule]) => (rule === undefined ? [] : [rule]));
      for (const [format, given] of [
        ['csv', rows],
        ['jsonl', rows],
        ['parquet', written],
      ] as const) {
        const result = await validateFile(`${name}.${format}`, contract, {
          outDir: path.join(folder, 'range', input, format),
          now: new Date(0),
        });
        expect(rulesOf(result), `${input} ${format}`).toEqual(expected(given));
        const kept = await duck.rows(`SELECT n::VARCHAR AS n FROM '${result.dataFile}'`);
        expect(
          kept.map(({ n }) => n),
          `${input} ${format}`,
        ).toEqual(given.filter(([, rule]) => rule === undefined).map(([cell]) => cell));
      }
      const check = requestCheck({ name: 'n', type: 'integer' }, input);
      expect(
        rows.map(([cell]) => check(cell).rule),
        input,
      ).toEqual(rows.map(([, rule]) => rule));
    }
  });

  it('have the same verdict whatever columns are called, and beside whatever else', async () => {
    const big = '9007199254740993';
    const accepted = async (name: string, contract: object, text: string) => {
      const file = path.join(folder, name);
      writeFileSync(file, text);
      const rules = Contract.parse({ file: { maxQuarantinedShare: 1 }, ...contract });
      const result = await validateFile(file, rules, { outDir: path.join(folder, `out-${name}`), now: new Date(0) });
      return { rows: result.rows.accepted, rules: rulesOf(result), file: result.dataFile };
    };
    const integer = (name: string) => ({ features: [{ name, type: 'integer' }], data: { id: 'id' } });
    for (const name of ['p', 'P', 'parts', 'digits', 's', 'd', 'rowid', 'rows', 'line', 'value']) {
      expect(await accepted('names.csv', integer(name), `id,${name}\n1,${big}\n2,1.5\n`)).toMatchObject({
        rows: 1,
        rules: ['type'],
      });
      expect(await accepted('names.jsonl', integer(name), `{"id":1,"${name}":${big}}\n`)).toMatchObject({ rows: 1 });
    }
    const flags = path.join(folder, 'named-flags.parquet');
    await duck.run(
      `COPY (SELECT * FROM (VALUES (1, 2), (2, 0)) t("file_row_number", "wrong")) TO '${flags}' (FORMAT parquet)`,
    );
    const features = ['file_row_number', 'wrong'].map((name) => ({ name, type: 'boolean' }));
    const result = await validateFile(flags, Contract.parse({ features, file: { maxQuarantinedShare: 1 } }), {
      outDir: path.join(folder, 'named-flags'),
      now: new Date(0),
    });
    expect(rulesOf(result)).toEqual(['type', 'type']);
    // A missing number beside a large one, and in a row that comes back for it.
    const two = {
      features: [
        { name: 'a', type: 'float', missing: 'allow' },
        { name: 'n', type: 'integer' },
      ],
      data: { id: 'id' },
    };
    const mixed = await accepted('mixed.csv', two, `id,a,n\n1,NA,${big}\n2,x,1\n3,null,x\n4,1.5,7\n`);
    expect(mixed).toMatchObject({ rows: 2, rules: ['type', 'type'] });
    expect(await duck.rows(`SELECT a, n FROM '${mixed.file}'`)).toEqual([
      { a: null, n: BigInt(big) },
      { a: 1.5, n: 7n },
    ]);
    const text = {
      features: [
        { name: 'toString', type: 'string', missing: 'allow' },
        { name: 's', type: 'string', missing: 'allow' },
      ],
      data: { id: 'id' },
    };
    expect(
      await accepted(
        'proto.jsonl',
        text,
        '\ufeff{"id":1,"s":"NA","toString":null}\n{"id":2,"s":"b"}\n{"id":3,"s":{}}\n',
      ),
    ).toMatchObject({ rows: 2, rules: ['type'] });
    const unsigned = withInputTypes(
      Contract.parse({ features: [{ name: 'n', type: 'integer', allowed: [1, 1e19] }], data: { id: 'id' } }),
      signatureOf({ n: 'uint64' }),
    );
    writeFileSync(path.join(folder, 'allowed.csv'), 'id,n\n1,10000000000000000000\n');
    expect(
      await validateFile(path.join(folder, 'allowed.csv'), unsigned, {
        outDir: path.join(folder, 'allowed'),
        now: new Date(0),
      }),
    ).toMatchObject({ rows: { accepted: 1 } });
    expect(
      requestCheck({ name: 'n', type: 'integer', allowed: [1, 1e19] }, 'uint64')('10000000000000000000').rule,
    ).toBeUndefined();
    const decimals = path.join(folder, 'decimals.parquet');
    await duck.run(
      `COPY (SELECT unnest(['1.00000000000000000001', '2', '9.5'])::DECIMAL(38, 20) AS n) TO '${decimals}' (FORMAT parquet)`,
    );
    const exact = await validateFile(
      decimals,
      Contract.parse({ features: [{ name: 'n', type: 'integer' }], file: { maxQuarantinedShare: 1 } }),
      { outDir: path.join(folder, 'decimals'), now: new Date(0) },
    );
    expect([exact.rows.accepted, rulesOf(exact)]).toEqual([1, ['type', 'type']]);
  });

  it('keep the order of the file where a column is read once more as text', async () => {
    const rows = 600_000;
    const file = path.join(folder, 'order.csv');
    await duck.run(
      `COPY (SELECT i AS id, CASE WHEN i = 300000 THEN 9007199254740993 ELSE i END AS n, CASE WHEN i % 40009 = 7 THEN 400 ELSE 3 END AS c FROM range(${rows}) r(i)) TO '${file}' (FORMAT csv, HEADER)`,
    );
    const contract = Contract.parse({
      features: [
        { name: 'n', type: 'integer' },
        { name: 'c', type: 'integer', max: 100 },
      ],
      data: { id: 'id' },
    });
    const { quarantineFile, dataFile } = await validateFile(file, contract, {
      outDir: path.join(folder, 'order'),
      now: new Date(0),
    });
    const bad = readFileSync(quarantineFile!, 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as QuarantinedRow);
    expect(bad.map(({ line, raw }) => [line, raw])).toEqual(
      Array.from({ length: 15 }, (_, k) => [k * 40009 + 9, `${k * 40009 + 7},${k * 40009 + 7},400`]),
    );
    const [order] = await duck.rows(
      `SELECT bool_and(id::BIGINT > before) AS kept FROM (SELECT id, lag(id::BIGINT) OVER () AS before FROM '${dataFile}') WHERE before IS NOT NULL`,
    );
    expect(order).toEqual({ kept: true });
  });

  it('take very many numbers that are no booleans', async () => {
    const file = path.join(folder, 'many-flags.parquet');
    await duck.run(`COPY (SELECT 2::TINYINT AS f FROM range(130000)) TO '${file}' (FORMAT parquet)`);
    const contract = Contract.parse({ features: [{ name: 'f', type: 'boolean' }], file: { maxQuarantinedShare: 1 } });
    const { rows } = await validateFile(file, contract, { outDir: path.join(folder, 'many-flags'), now: new Date(0) });
    expect(rows).toEqual({ records: 130_000, accepted: 0, quarantined: 130_000 });
  });

  it('of binary float32 stand for the decimals that they were made of', async () => {
    const file = path.join(folder, 'single.parquet');
    await duck.run(`COPY (SELECT unnest([0.1, 0.3, 0.7])::FLOAT AS v) TO '${file}' (FORMAT parquet)`);
    const rules = { name: 'v', type: 'float', min: 0.1, max: 0.3, allowed: [0.1, 0.3] };
    const contract = Contract.parse({ features: [rules], file: { maxQuarantinedShare: 1 } });
    const result = await validateFile(file, contract, { outDir: path.join(folder, 'single'), now: new Date(0) });
    expect([result.rows.accepted, rulesOf(result)]).toEqual([2, ['max']]);
    const check = compileCheck(contract, signatureOf({ v: 'float32' }));
    const { violations } = check.run(new Map([['v', { shape: [3], data: Float32Array.of(0.1, 0.3, 0.7) }]]), false);
    expect(violations).toMatchObject([{ row: 2, rule: 'max', received: '0.7' }]);
    const one = (bounds: object, type: 'float32' | 'float16', data: Float32Array | Uint16Array) =>
      compileCheck(Contract.parse({ features: [{ name: 'v', type: 'float', ...bounds }] }), signatureOf({ v: type }))
        .run(new Map([['v', { shape: [1], data }]]), false)
        .violations.map(({ rule }) => rule);
    expect(one({ max: 0.69999999 }, 'float32', Float32Array.of(0.7))).toEqual(['max']);
    expect(one({ allowed: [0.10000000149011612] }, 'float32', Float32Array.of(0.1))).toEqual(['allowed']);
    expect(one({ min: 0.1, max: 0.1, allowed: [0.1] }, 'float16', Uint16Array.of(0x2e66))).toEqual([]);
    expect(one({ min: 16777216, max: 123456792 }, 'float32', Float32Array.of(123456792))).toEqual([]);
    expect(one({ allowed: [1e-12] }, 'float32', Float32Array.of(1e-12))).toEqual([]);
    // A double made of a decimal at once is the nearest there is.
    const decimal = path.join(folder, 'decimal-float.parquet');
    await duck.run(`COPY (SELECT '0.1'::DECIMAL(38, 30) AS v) TO '${decimal}' (FORMAT parquet)`);
    const exact = Contract.parse({ features: [{ name: 'v', type: 'float', allowed: [0.1] }] });
    expect(
      await validateFile(decimal, exact, { outDir: path.join(folder, 'decimal-float'), now: new Date(0) }),
    ).toMatchObject({ rows: { accepted: 1 } });
  });

  it.each([
    [
      {
        features: [
          { name: 'a', type: 'float' },
          { name: 'A', type: 'float' },
        ],
      },
      'a and A differ in capitals only',
    ],
    [{ features: [{ name: 'ID', type: 'float' }], data: { id: 'id' } }, 'ID and id differ in capitals only'],
    [{ features: [{ name: '@exact n', type: 'float' }] }, '@exact n is no name of a column: @exact is reserved'],
    [{ features: [], data: { extra: ['@exact n'] } }, '@exact n is no name of a column: @exact is reserved'],
  ])('are not told apart in a table under these names: %j', (contract, message) => {
    expect(Contract.safeParse(contract).error?.issues[0]?.message).toContain(message);
  });

  it('may be as large as numbers are: their profile says what it can', async () => {
    const file = path.join(folder, 'large.csv');
    writeFileSync(
      file,
      `id,v\n${['1e200', '-1e200', '1.7976931348623157e308', '3'].map((v, i) => `${i},${v}\n`).join('')}`,
    );
    const contract = Contract.parse({ features: [{ name: 'v', type: 'float' }], data: { id: 'id' } });
    const { rows, profile } = await validateFile(file, contract, {
      outDir: path.join(folder, 'large'),
      now: new Date(0),
    });
    expect(rows.accepted).toBe(4);
    expect(profile!.columns.v).toMatchObject({
      min: -1e200,
      max: Number.MAX_VALUE,
      mean: Number.MAX_VALUE / 4,
      m2: null,
    });
  });

  it('take numbers for booleans from Parquet, 1 and 0 only, and no booleans for numbers', async () => {
    const file = path.join(folder, 'flags.parquet');
    await duck.run(
      `COPY (SELECT * FROM (VALUES (1::TINYINT, 1::DOUBLE, true), (0, 0, false), (2, 1, true), (1, 0.5, true), (NULL, 'nan', NULL)) t(a, b, c)) TO '${file}' (FORMAT parquet)`,
    );
    const features = ['a', 'b', 'c'].map((name) => ({ name, type: 'boolean' as FeatureType, missing: 'allow' }));
    const contract = Contract.parse({ features, file: { maxQuarantinedShare: 1 } });
    const result = await validateFile(file, contract, { outDir: path.join(folder, 'flags'), now: new Date(0) });
    expect(result.rows).toEqual({ records: 5, accepted: 3, quarantined: 2 });
    expect(await duck.rows(`SELECT * FROM '${result.dataFile}'`)).toEqual([
      { a: true, b: true, c: true },
      { a: false, b: false, c: false },
      { a: null, b: null, c: null },
    ]);
    const lines = readFileSync(result.quarantineFile!, 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as QuarantinedRow);
    expect(lines).toEqual([
      { line: 3, lines: 1, reasons: [{ feature: 'a', rule: 'type', received: '2', allowed: 'true or false' }] },
      { line: 4, lines: 1, reasons: [{ feature: 'b', rule: 'type', received: '0.5', allowed: 'true or false' }] },
    ]);
    for (const type of ['float', 'integer'] as const) {
      const numbers = Contract.parse({ features: [...features.slice(0, 2), { name: 'c', type }] });
      const refused = await validateFile(file, numbers, {
        outDir: path.join(folder, 'flags-refused'),
        now: new Date(0),
      });
      expect(refused.rejection).toEqual({ rule: 'schema', reason: `c is BOOLEAN, expected ${type}` });
    }
  });

  it('keep every digit of an integer on its way into the dataset', async () => {
    const file = path.join(folder, 'big.csv');
    writeFileSync(
      file,
      'id,n\n1,9007199254740993\n2,9223372036854775807\n3,-9223372036854775808\n4,9223372036854775808\n5,x\n',
    );
    const contract = Contract.parse({
      features: [{ name: 'n', type: 'integer' }],
      data: { id: 'id' },
      file: { maxQuarantinedShare: 1, unique: ['n'] },
    });
    const { rows, dataFile, quarantineFile } = await validateFile(file, contract, {
      outDir: path.join(folder, 'big'),
      now: new Date(0),
    });
    expect(rows).toEqual({ records: 5, accepted: 3, quarantined: 2 });
    expect(await duck.rows(`SELECT n FROM '${dataFile}'`)).toEqual([
      { n: 9007199254740993n },
      { n: 9223372036854775807n },
      { n: -9223372036854775808n },
    ]);
    const lines = readFileSync(quarantineFile!, 'utf8');
    expect(
      lines
        .trimEnd()
        .split('\n')
        .map((line) => (JSON.parse(line) as QuarantinedRow).line)
        .sort(),
    ).toEqual([5, 6]);
  });

  it.each(['BIGINT', 'UBIGINT', 'DECIMAL(38, 0)'])('keep them from a Parquet column of %s', async (type) => {
    const file = path.join(folder, 'big.parquet');
    const values = ['5', '9007199254740993', ...(type === 'BIGINT' ? [] : ['9223372036854775808'])];
    await duck.run(
      `COPY (SELECT unnest([${values.map((value) => `'${value}'::${type}`).join(', ')}]) AS n) TO '${file}' (FORMAT parquet)`,
    );
    const contract = Contract.parse({ features: [{ name: 'n', type: 'integer' }], file: { maxQuarantinedShare: 1 } });
    const { rows, dataFile } = await validateFile(file, contract, {
      outDir: path.join(folder, type),
      now: new Date(0),
    });
    expect(rows).toEqual({ records: values.length, accepted: 2, quarantined: values.length - 2 });
    expect(await duck.rows(`SELECT n FROM '${dataFile}'`)).toEqual([{ n: 5n }, { n: 9007199254740993n }]);
  });

  it('keep identifiers of JSON lines apart, however many digits they have', async () => {
    const file = path.join(folder, 'ids.jsonl');
    writeFileSync(file, '{"id":9007199254740992,"v":1}\n{"id":9007199254740993,"v":2.0}\n');
    const contract = Contract.parse({
      features: [{ name: 'v', type: 'float' }],
      data: { id: 'id' },
      file: { unique: ['id'] },
    });
    const { rows } = await validateFile(file, contract, { outDir: path.join(folder, 'ids'), now: new Date(0) });
    expect(rows).toEqual({ records: 2, accepted: 2, quarantined: 0 });
  });
});

describe('the endpoint', () => {
  let served: ServingFixture;
  let endpoint: Endpoint;
  beforeAll(async () => {
    served = await ServingFixture.open();
    const features = ['f0', 'f1', 'f2'].map((name, index) => ({ name, type: 'float', input: 'x', index }));
    await served.release({ name: 'double', contract: { features } } as { name: string }, 'frameworks/double');
    endpoint = await served.endpoint();
  }, 60_000);
  afterAll(() => served.close());

  const status = async (url: string, body: string, type?: string) => {
    const response = await endpoint.handle(
      request('POST', url, body, ...(type === undefined ? [] : [{ 'content-type': type }])),
    );
    return { status: response.status, text: JSON.stringify(read(response)) };
  };

  it.each(['1e400', 'Infinity', '-Infinity'])(
    'refuses %s for a float without a bound, in every protocol',
    async (cell) => {
      const refused = {
        status: 400,
        text: expect.stringMatching(/f1 in row 0 is -?Infinity, expected a finite number/),
      };
      expect(await status('/v1/models/double:predict', `{"instances":[[1,${cell},3]]}`)).toEqual(refused);
      expect(
        await status(
          '/v2/models/double/infer',
          `{"inputs":[{"name":"x","shape":[1,3],"datatype":"FP64","data":[1,${cell},3]}]}`,
        ),
      ).toEqual(refused);
      expect(await status('/invocations', `1,${cell},3`, 'text/csv')).toEqual(refused);
    },
  );

  it('answers the largest double', async () => {
    expect(await status('/v1/models/double:predict', '{"instances":[[1,1e300,3]]}')).toMatchObject({ status: 200 });
  });
});
