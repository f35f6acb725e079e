import { expect, it } from 'vitest';
import { classNamed } from '../../../../core/contract/cells/class-literal.ts';
import { classText } from '../../../../core/contract/cells/class-sql.ts';
import { sqlText } from '../../../../core/contract/sql-text.ts';
import { withDuck } from '../../../../platform/duckdb/connection.ts';

const CLASSES = [
  ['no', 'yes'],
  ['0', '1'],
  ['False', 'True'],
  ['true', 'false', '0', '1'],
  ['no', 'yes', '0', '1', 'true', 'false'],
  ['3', '4.50', '-1'],
  ["it's", 'ß', 'a,b'],
];
const TEXTS = [
  ...new Set(CLASSES.flat()),
  ...[
    '',
    ' ',
    'TRUE',
    ' true ',
    'fAlse',
    '1.0',
    ' 1',
    '1e0',
    '01',
    '+1',
    '0.0',
    '-0',
    '-1.0',
    '4.5',
    '45e-1',
    'YES',
    '1\v',
    '\v1.0\f',
    '5.5\v',
    'true\v',
    '1\u00a0',
    '\ufeff1',
    'nan',
  ],
];

it('names the same class of a truth as of a cell', async () => {
  await withDuck(undefined, async (duck) => {
    for (const classes of CLASSES) {
      const values = TEXTS.map((text) => `(${sqlText(text)})`).join(', ');
      const rows = await duck.rows(`SELECT ${classText('t', classes).value} AS name FROM (VALUES ${values}) v(t)`);
      const named = rows.map(({ name }) => name ?? undefined);
      expect(named, classes.join()).toEqual(TEXTS.map((text) => classNamed(classes, text)));
    }
  });
});
