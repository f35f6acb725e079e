import { mkdtemp } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type { Command as Program } from 'commander';
import { validateFile } from '../../usecases/validation/validate-file.ts';
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
    .option('--out <folder>', 'where good and quarantined rows go (default: a new temporary folder)')
    .action(async (file: string, own: { contract?: string; model?: string; out?: string }) => {
      assertFileExists(file);
      const { manifest, contract, baseline, keys } = await loadModelContract(own, io, options());
      const outDir = own.out ?? (await mkdtemp(path.join(os.tmpdir(), 'trimtab-validate-')));
      const verdict = await validateFile(file, contract, {
        outDir,
        baseline: baseline?.profile,
        now: new Date(),
        personal: { owner: manifest.name, keys },
      });
      const { lines, accepted, quarantined } = verdict.rows;
      print(io, options(), verdict, () =>
        [
          `${verdict.verdict}${verdict.rejection ? `: ${verdict.rejection.reason}` : ''}`,
          `  lines ${lines} = accepted ${accepted} + quarantined ${quarantined}   ${bar(lines === 0 ? 0 : accepted / lines, 30)}`,
          ...(verdict.reasons.length > 0
            ? [
                table(
                  ['feature', 'rule', 'rows'],
                  verdict.reasons.map((r) => [r.feature, r.rule, r.rows]),
                ),
              ]
            : []),
          ...(verdict.personal
            ? [
                `  personal columns ${Object.entries(verdict.personal)
                  .map(([column, treatment]) => `${column}: ${treatment}`)
                  .join(', ')}`,
              ]
            : []),
          ...(verdict.dataFile ? [`  good rows        ${verdict.dataFile}`] : []),
          ...(verdict.quarantineFile ? [`  quarantined rows ${verdict.quarantineFile}`] : []),
        ].join('\n'),
      );
      if (verdict.verdict === 'rejected') throw new CheckFailedError('the file is rejected');
    });
}
