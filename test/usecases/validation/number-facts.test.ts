import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { numberFacts } from '../../../usecases/validation/number-facts.ts';
import { withProfiledFile } from '../../../usecases/validation/profile-file.ts';
import { temporaryFolder } from '../../temporary-folder.ts';

it('is known of a number alike, whether a table has few columns or many', async () => {
  const rows = [
    { day: 20240131, odd: 20241331, id: 5, half: 1, part: 0.5, negative: -20240131, gap: '' },
    { day: 19991231, odd: 20240131, id: 9, half: 2.5, part: 1.5, negative: -1, gap: 4 },
    { day: 20240131, odd: 20240100, id: 7, half: 4, part: 2.5, negative: 0, gap: 4 },
  ];
  const table = (copies: number): string => {
    const cells = (values: object): string =>
      Array.from({ length: copies }, () => Object.values(values))
        .flat()
        .join();
    const names = Array.from({ length: copies }, (_, i) => Object.keys(rows[0]!).map((name) => `${name}${i}`)).flat();
    const file = path.join(temporaryFolder('number-facts'), 'rows.csv');
    writeFileSync(file, `${names.join()}\n${rows.map(cells).join('\n')}\n`);
    return file;
  };
  const whole = { whole: true, days: false };
  const expected = (i: number) => [
    [`day${i}`, { whole: true, days: true, distinct: 2 }],
    [`odd${i}`, { ...whole, distinct: 3 }],
    [`id${i}`, { ...whole, distinct: 3 }],
    [`half${i}`, { whole: false, days: false }],
    [`negative${i}`, { ...whole, distinct: 3 }],
  ];
  for (const copies of [1, 20]) {
    const facts = await withProfiledFile(table(copies), {}, numberFacts);
    for (let i = 0; i < copies; i++)
      for (const [name, fact] of expected(i)) expect(facts.get(name as string)).toEqual(fact);
    expect(facts.has('part0')).toBe(false);
    expect(facts.get('gap0')).toMatchObject(whole);
  }
});
