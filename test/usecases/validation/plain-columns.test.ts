import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { Contract } from '../../../core/contract/contract.ts';
import { literal, withDuck } from '../../../platform/duckdb/connection.ts';
import { validateFile } from '../../../usecases/validation/validate-file.ts';
import { temporaryFolder } from '../../temporary-folder.ts';

const CELLS = {
  float: [
    '1',
    '-0',
    '0.1',
    '007',
    '1e3',
    '+1',
    '',
    'NaN',
    '1_0',
    '123456789012345.678',
    '.5',
    ' 1',
    'inf',
    '9007199254740993',
  ],
  integer: ['1', '-0', '1.0', '007', '1e3', '9007199254740993', '', 'NA', '9223372036854775808', '-5', ' 1', '0x1'],
  boolean: ['true', 'false', '1', '0', 'TRUE', 'yes', '', 'null', 'tRuE'],
} as const;
/** Rows with which cells are read column by column however many columns there are. */
const LONG = 2_100;
/** Columns beside, with which a file has so many that plain ones are told apart. */
const MANY = 100;

const CASES = Object.keys(CELLS).flatMap((type) =>
  [3, LONG].map((rows) => [type as keyof typeof CELLS, rows] as const),
);

it.each(CASES)('a wide file judges cells as a narrow one: %s, %i rows', async (type, length) => {
  const folder = temporaryFolder('plain');
  const judge = async (beside: number) => {
    // In each column one cell in question stands among plain ones, or all are plain.
    const names = [...CELLS[type].keys()].map((i) => `c${i}`);
    const features = [...names, ...Array.from({ length: beside }, (_, i) => `x${i}`)].map((name) => ({
      name,
      type,
      missing: 'allow',
    }));
    const rows = Array.from({ length }, (_, row) =>
      features.map((_, i) => (row === 1 ? (CELLS[type][i] ?? CELLS[type][0]) : CELLS[type][0])).join(','),
    );
    const file = path.join(folder, `${beside}.csv`);
    writeFileSync(file, `${[features.map(({ name }) => name).join(','), ...rows].join('\n')}\n`);
    const contract = Contract.parse({ features, file: { maxQuarantinedShare: 1 } });
    const { dataFile, quarantineFile } = await validateFile(file, contract, { outDir: folder, now: new Date(0) });
    const [{ reasons }] = [JSON.parse(readFileSync(quarantineFile!, 'utf8'))] as [{ reasons: object[] }];
    const kept = await withDuck(undefined, (duck) =>
      duck.rows(`SELECT ${names.join(', ')} FROM ${literal(dataFile!)}`),
    );
    return { reasons, kept };
  };
  expect(await judge(MANY)).toEqual(await judge(0));
});
