import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Command as Program } from 'commander';
import { makeFolder } from '../../platform/make-folder.ts';
import { runDriftDetection } from '../../usecases/drift/detect-drift.ts';
import { driftOfFile } from '../../usecases/drift/detect-file-drift.ts';
import type { DriftView, FileDriftView } from '../../usecases/drift/drift-view.ts';
import { renderFileDrift, sentenceOf } from '../../usecases/drift/report.ts';
import { parseTime } from '../arguments.ts';
import { type GlobalOptions, type Io, print, withHome } from '../context.ts';
import { CheckFailedError, UsageError } from '../errors.ts';
import { assertFileExists, dataPlace, type PlaceOf } from '../files.ts';
import { loadModelContract } from '../load-contract.ts';
import { bar, table } from '../output/table.ts';
import { resultsFolder } from '../results-folder.ts';

const REPORT = 'report.html';

/** Looks for drift in captured traffic, or in a data file. */
export function addDrift(program: Program, io: Io, options: () => GlobalOptions): void {
  program
    .command('drift [model]')
    .description('look for drift in captured traffic, or in a file; exit status 1 when there is some')
    .option('--file <file>', 'data file to look at instead of captured traffic')
    .option('--baseline <folder>', 'model folder whose baseline holds, with --file')
    .option('--out <folder>', 'where the report goes, with --file (default: a new temporary folder)')
    .option('--from <time>', 'begin of the window of captured traffic, ISO 8601')
    .option('--to <time>', 'end of the window, exclusive')
    .action(
      async (
        model: string | undefined,
        own: { file?: string; baseline?: string; out?: string; from?: string; to?: string },
      ) => {
        if (own.file !== undefined) {
          assertFileExists(own.file);
          const { manifest, contract, baseline } = await loadModelContract(
            { contract: own.baseline, model },
            io,
            options(),
          );
          if (!baseline) throw new UsageError('the model has no baseline.json: `trimtab init` makes one');
          const verdict = await driftOfFile(own.file, { ...manifest, contract }, baseline);
          const html = renderFileDrift(verdict, {
            model: manifest.name,
            file: own.file,
            baseline,
            current: verdict.profile,
          });
          const report = await writeReport(html, own.out);
          print(io, options(), { ...verdict, report }, formatDrift);
          if (verdict.verdict === 'drift') throw new CheckFailedError('there is drift');
          return;
        }
        if (model === undefined) throw new UsageError('name a model, or a file with --file');
        const to = own.to === undefined ? new Date() : parseTime(own.to);
        const window = own.from === undefined ? undefined : { from: parseTime(own.from), to };
        await withHome(io, options(), async (home) => {
          const report = await runDriftDetection(home, { model, now: to, ...(window ? { window } : {}) });
          const formatPlaced = (view: DriftView): string => formatDrift(view, dataPlace(home));
          print(io, options(), report, formatPlaced);
          if (report.verdict === 'drift') throw new CheckFailedError('there is drift');
        });
      },
    );
}

/** @returns the file */
async function writeReport(html: string, out: string | undefined): Promise<string> {
  const write = async (folder: string): Promise<void> => writeFile(path.join(folder, REPORT), html);
  if (out === undefined) return path.join((await resultsFolder('drift', write)).folder, REPORT);
  makeFolder(out);
  await write(out);
  return path.join(out, REPORT);
}

function formatDrift(verdict: DriftView | FileDriftView, place: PlaceOf = (file) => file): string {
  const rows = verdict.columns.map((c) => [
    c.column,
    c.status,
    bar(c.threshold === 0 ? 0 : Math.min(1, c.effect / c.threshold / 2), 20),
    c.effect.toFixed(3),
    c.threshold.toFixed(3),
    c.psi.toFixed(3),
    c.adjusted.toExponential(1),
  ]);
  return [
    `${verdict.verdict}: ${sentenceOf(verdict)}`,
    table(['column', 'status', 'threshold in the middle', 'effect', 'threshold', 'PSI', 'adjusted p'], rows),
    `report: ${place(verdict.report)}`,
  ].join('\n');
}
