import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { Contract } from '../../../core/contract/contract.ts';
import { renderFileReport } from '../../../usecases/validation/file-report.ts';
import { validateFile } from '../../../usecases/validation/validate-file.ts';
import { temporaryFolder } from '../../temporary-folder.ts';

const now = new Date(0);

async function reportOf(text: string, contract: Contract): Promise<string> {
  const folder = temporaryFolder('file-report');
  const file = path.join(folder, 'f.csv');
  writeFileSync(file, text);
  return renderFileReport(await validateFile(file, contract, { outDir: folder, now }), { file, contract, now });
}

const COLUMNS = Array.from({ length: 60 }, (_, i) => `c${i}`);
const contract = Contract.parse({
  features: COLUMNS.map((name) => ({ name, type: 'float' })),
  file: { maxQuarantinedShare: 1 },
});

it('shows the most frequent violations, and folds the others', async () => {
  // Columns are wrong in one row more each.
  const rows = COLUMNS.map((_, row) => COLUMNS.map((_name, i) => (i >= row ? 'x' : '1')).join(','));
  const page = await reportOf(`${[COLUMNS.join(','), ...rows].join('\n')}\n`, contract);
  const section = /Violations by rule<\/h2>.*?(?=<h2)/s.exec(page)![0];
  const [shown, rest] = section.split('<details>') as [string, string];
  expect(shown.match(/<th scope="row"/g)).toHaveLength(20);
  expect(shown).toContain('>c59<');
  expect(rest).toContain('<summary>40 more</summary>');
  expect(rest.match(/<th scope="row"/g)).toHaveLength(40);
});

it('does not say of a file with other columns that its rows keep the contract', async () => {
  const page = await reportOf('z\n1\n', contract);
  expect(page).toContain('Accounting');
  expect(page).not.toContain('No row breaks the contract');
});
