import { mkdtemp, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type { Command as Program } from 'commander';
import { renderFileReport } from '../../usecases/validation/file-report.ts';
import { validateFile } from '../../usecases/validation/validate-file.ts';
import type { FileValidationView } from '../../usecases/validation/validation-view.ts';
import { assertFileExists } from '../arguments.ts';
import { type GlobalOptions, type Io, print } from '../context.ts';
import { CheckFailedError } from '../errors.ts';
import { loadModelContract } from '../load-contract.ts';
import { bar, table } from '../output/table.ts';

/** Holds a data file against a contract. */
export function addValidate(program: Program, io: Io, options: () => GlobalOptions): void {
  program
    .command('validate <file>')
    .description('hold a data file against a contract; exit status 1 when it is rejected')
    .option('--contract <folder>', 'model folder whose contract holds')
    .option('--model <name>', 'registered model whose contract holds')
    .option('--out <folder>', 'where good and quarantined rows and the report go (default: a new temporary folder)')
    .action(async (file: string, own: { contract?: string; model?: string; out?: string }) => {
      assertFileExists(file);
      const { manifest, contract, baseline, keys } = await loadModelContract(own, io, options());
      const outDir = own.out ?? (await mkdtemp(path.join(os.tmpdir(), 'trimtab-validate-')));
      const now = new Date();
      const verdict = await validateFile(file, contract, {
        outDir,
        baseline: baseline?.profile,
        now,
        personal: { owner: manifest.name, keys },
      });
      const report = path.join(outDir, 'report.html');
      const html = await renderFileReport(verdict, { file, contract, baseline: baseline?.profile, now });
      await writeFile(report, html);
      print(io, options(), { ...verdict, report }, formatValidation);
      if (verdict.verdict === 'rejected') throw new CheckFailedError('the file is rejected');
    });
}

function formatValidation(view: FileValidationView): string {
  const { records, accepted, quarantined } = view.rows;
  const { total, header, blank } = view.lines;
  return [
    `${view.verdict}${view.rejection ? `: ${view.rejection.reason}` : ''}`,
    `  records ${records} = accepted ${accepted} + quarantined ${quarantined}   ${bar(records === 0 ? 0 : accepted / records, 30)}`,
    `  lines   ${total} = header ${header} + blank ${blank} + accepted ${view.lines.accepted} + quarantined ${view.lines.quarantined}`,
    ...(view.reasons.length > 0
      ? [
          table(
            ['feature', 'rule', 'rows'],
            view.reasons.map((r) => [r.feature, r.rule, r.rows]),
          ),
        ]
      : []),
    ...(view.personal
      ? [
          `  personal columns ${Object.entries(view.personal)
            .map(([column, treatment]) => `${column}: ${treatment}`)
            .join(', ')}`,
        ]
      : []),
    ...(view.dataFile ? [`  good rows        ${view.dataFile}`] : []),
    ...(view.quarantineFile ? [`  quarantined rows ${view.quarantineFile}`] : []),
    `  report           ${view.report}`,
  ].join('\n');
}
