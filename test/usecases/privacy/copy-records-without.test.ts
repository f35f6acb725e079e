import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type RecordDialect, RecordScanner } from '../../../core/records/record-scanner.ts';
import { copyRecordsWithout, goneRecord } from '../../../usecases/privacy/copy-records-without.ts';
import { temporaryFolder } from '../../temporary-folder.ts';

const folder = temporaryFolder('records-without');

interface Found {
  readonly text: string;
  readonly fault: string | undefined;
  readonly lines: number;
  readonly gone: ReturnType<typeof goneRecord>;
}

function recordsOf(text: string, dialect: RecordDialect): Found[] {
  const found: Found[] = [];
  const scanner = new RecordScanner(dialect, (record) => {
    const { bytes, fault, lines } = record;
    found.push({ text: Buffer.from(bytes).toString(), fault, lines, gone: goneRecord(record) });
  });
  scanner.push(Buffer.from(text));
  scanner.end();
  return found;
}

/** A file without the records that a test picks. */
async function without(text: string, dialect: RecordDialect, picked: (record: Found, index: number) => boolean) {
  const [from, to] = ['from', 'to'].map((name) => path.join(folder, name)) as [string, string];
  writeFileSync(from, text);
  const records = recordsOf(text, dialect);
  const isGone = records.map(picked);
  const gone = records.filter((_, i) => isGone[i]).map((record) => record.gone);
  await copyRecordsWithout(from, to, dialect, gone);
  const left = records.filter((_, i) => !isGone[i]);
  return { left, copy: readFileSync(to, 'utf8') };
}

const reading = ({ text, fault, lines }: Found) => ({ text, fault, lines });
const ERASED = '"erased" by request';

it('leaves every other record as it was, whatever quotes are open between them', async () => {
  const Line = fc.constantFrom('a,b', 'a,"b', 'a,"b', 'a"', 'a"', '"a"b', '"a"b', '"",","', '');
  const Break = fc.constantFrom('\n', '\n', '\r\n', '\r');
  const Text = fc
    .array(fc.tuple(Line, Break), { minLength: 6, maxLength: 30 })
    .map((lines) => `h,i\n${lines.flat().join('')}`);
  const Picked = fc.array(fc.boolean(), { minLength: 40, maxLength: 40 });
  let kept = 0;
  await fc.assert(
    fc.asyncProperty(Text, Picked, fc.integer({ min: 2, max: 5 }), async (text, picked, maxRecordLines) => {
      const dialect = { delimiter: ',', maxRecordLines };
      const { left, copy } = await without(text, dialect, (_, i) => i > 0 && picked[i]!);
      const after = recordsOf(copy, dialect).filter((record) => !record.text.startsWith(ERASED));
      if (copy.includes(ERASED)) kept++;
      expect(after.map(reading)).toEqual(left.map(reading));
    }),
    { numRuns: 200 },
  );
  expect(kept).toBeGreaterThan(0);
});

it('leaves a line for a record only where another would not read as before', async () => {
  const dialect = { delimiter: ',', maxRecordLines: 50 };
  const isAnna = ({ text }: Found) => text.includes('anna');
  const open = 'id,who\n1,"bob\n2,"anna" "x"\n3,carl\n4,dora"\n5,anna\n6,emil\n';
  expect((await without(open, dialect, isAnna)).copy).toBe(`id,who\n1,"bob\n${ERASED}\n3,carl\n4,dora"\n6,emil\n`);
  const far = `id,who\n1,"bob\n${'2,anna\n'.repeat(50)}3,carl"\n`;
  expect((await without(far, dialect, isAnna)).copy).toBe(`id,who\n1,"bob\n${ERASED}\n3,carl"\n`);
  const plain = 'id,who\n1,"bob\n2,anna\n3,carl\n';
  expect((await without(plain, dialect, isAnna)).copy).toBe('id,who\n1,"bob\n3,carl\n');
  expect((await without('anna,1\nbob,2\n', dialect, isAnna)).copy).toBe('bob,2\n');
  // What stands first says how many fields all have.
  expect((await without('anna,1,2\r\nbob,3\r\n', dialect, isAnna)).copy).toBe(`${ERASED},,\r\nbob,3\r\n`);
});
