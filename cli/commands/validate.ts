import { writeFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import path from 'node:path';
import type { Command as Program } from 'commander';
import { quietHome } from '../../platform/quiet-home.ts';
import { clearAfterKilled } from '../../usecases/quarantine/clear-after-killed.ts';
import { renderFileReport } from '../../usecases/validation/file-report.ts';
import { UnknownDropError } from '../../usecases/validation/find-reports.ts';
import { type RedoView, redoDrop } from '../../usecases/validation/redo-drop.ts';
import { validateFile } from '../../usecases/validation/validate-file.ts';
import type { FileValidationView } from '../../usecases/validation/validation-view.ts';
import { type GlobalOptions, type Io, print, withHome } from '../context.ts';
import { CheckFailedError, UsageError } from '../errors.ts';
import { assertFileExists, dataPlace, type PlaceOf } from '../files.ts';
import { loadModelContract } from '../load-contract.ts';
import { bar, table } from '../output/table.ts';
import { resultsFolder } from '../results-folder.ts';

/** Holds a data file against a contract. */
export function addValidate(program: Program, io: Io, options: () => GlobalOptions): void {
  program
    .command('validate [file]')
    .description('hold a data file against a contract; exit status 1 when it is rejected')
    .option('--redo <drop>', 'judge a drop again, by its id or the key of its file, under the contract of today')
    .option('--force', 'with --redo: also where the contract is the one that judged it')
    .option('--contract <folder>', 'model folder whose contract holds')
    .option('--model <name>', 'registered model whose contract holds')
    .option(
      '--out <folder>',
      'where good and quarantined rows and the report go (default: a new temporary folder, which goes after a week)',
    )
    .action(async (file: string | undefined, own: ValidateFlags) => {
      if (own.redo !== undefined) {
        if (file !== undefined) throw new UsageError('say either a file or --redo');
        return redo(own.redo, own.force ?? false);
      }
      if (own.force) throw new UsageError('--force goes with --redo');
      if (file === undefined) throw new UsageError('say which file, or --redo and a drop');
      // That it is empty is a verdict, with a report.
      assertFileExists(file, { mayBeEmpty: true });
      const { manifest, contract, baseline, keys } = await loadModelContract(own, io, options());
      const now = new Date();
      const validate = async (outDir: string): Promise<FileValidationView> => {
        const personal = { owner: manifest.name, keys };
        const verdict = await validateFile(file, contract, { outDir, baseline: baseline?.profile, now, personal });
        const report = path.join(outDir, 'report.html');
        const html = await renderFileReport(verdict, { file, contract, baseline: baseline?.profile, now });
        await writeFile(report, html);
        return { ...verdict, report };
      };
      const verdict = await (own.out === undefined ? intoNewFolder(validate) : validate(own.out));
      print(io, options(), verdict, formatValidation);
      if (verdict.verdict === 'rejected') throw new CheckFailedError('the file is rejected');
    });

  const redo = (drop: string, force: boolean): Promise<void> =>
    withHome(io, options(), async (home) => {
      const by = io.env.TRIMTAB_ACTOR ?? `user:${userInfo().username}`;
      const quiet = quietHome(home);
      const done = await redoDrop(quiet, { drop, force, by }).catch((error: unknown) => {
        throw error instanceof UnknownDropError ? new CheckFailedError(error.message) : error;
      });
      await clearAfterKilled(quiet, done.report.dataset);
      const formatPlaced = (view: RedoView): string => formatRedo(view, dataPlace(home));
      print(io, options(), done, formatPlaced);
      if (done.report.verdict === 'rejected') throw new CheckFailedError('the file is rejected');
    });
}

async function intoNewFolder(validate: (outDir: string) => Promise<FileValidationView>): Promise<FileValidationView> {
  const { folder, made } = await resultsFolder('validate', validate);
  const placed = (file: string): string => path.join(folder, path.basename(file));
  const { dataFile, quarantineFile, report } = made;
  return {
    ...made,
    dataFile: dataFile && placed(dataFile),
    quarantineFile: quarantineFile && placed(quarantineFile),
    report: placed(report),
  };
}

interface ValidateFlags {
  readonly contract?: string;
  readonly model?: string;
  readonly out?: string;
  readonly redo?: string;
  readonly force?: true;
}

function formatRedo({ again, report, former }: RedoView, place: PlaceOf): string {
  const { drop, at, contract, verdict, rejection, rows, version, places, source } = report;
  const held = contract === null ? 'no contract' : `${contract.source} (${contract.digest.slice(0, 12)})`;
  const outcome = `${verdict}${rejection ? `: ${rejection.reason}` : `, ${rows.accepted} rows are dataset version ${version}, ${rows.quarantined} are in quarantine`}`;
  if (!again)
    return [
      `nothing would change: ${source.key} was held to this very contract, ${held}, at ${at}`,
      `  ${outcome}`,
      `  drop ${drop}; mend the contract first, or judge it all the same with --force`,
    ].join('\n');
  return [
    `${source.key} judged again, held to ${held}`,
    `  ${outcome}`,
    `  drop ${drop}, report ${place(places.report)}`,
    ...(former === null
      ? []
      : [
          `  it stands in for drop ${former.drop}${former.version === null ? '' : ` and dataset version ${former.version}`}, held to ${former.contract?.source ?? 'no contract'}: rows that were put back or accepted there are judged anew here`,
        ]),
  ].join('\n');
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
