import { existsSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type { Command as Program } from 'commander';
import { needsKeys, type PrivacyKeys } from '../../core/contract/personal.ts';
import type { DriftVerdict } from '../../core/drift/verdict.ts';
import type { Manifest } from '../../core/manifest/manifest.ts';
import type { Baseline, Profile } from '../../core/profile/profile.ts';
import { MODEL_FILES, readModelFolder } from '../../platform/model-folder.ts';
import { runDriftDetection } from '../../usecases/drift/detect-drift.ts';
import { driftOfFile } from '../../usecases/drift/detect-file-drift.ts';
import { sentenceOf } from '../../usecases/drift/report.ts';
import { baselineOf } from '../../usecases/registry/load-baseline.ts';
import { profileAnyFile } from '../../usecases/validation/profile-file.ts';
import { validateFile } from '../../usecases/validation/validate-file.ts';
import { CheckFailedError, type GlobalOptions, type Io, print, UsageError, withHome } from '../context.ts';
import { withOptionalExamined } from '../optional-dependencies.ts';
import { bar, spark, table } from '../output/table.ts';

interface Rules {
  readonly manifest: Manifest;
  readonly baseline?: Baseline;
  /** Those of the home, where the contract needs them. */
  readonly keys?: PrivacyKeys;
}

/** Commands on data: files, and captured traffic. */
export function addDataCommands(program: Program, io: Io, options: () => GlobalOptions): void {
  program
    .command('validate <file>')
    .description('hold a data file against a contract; exit status 1 when it is rejected')
    .option('--contract <folder>', 'model folder whose contract holds')
    .option('--model <name>', 'registered model whose contract holds')
    .option('--out <folder>', 'where good and quarantined rows go (default: a new temporary folder)')
    .action(async (file: string, own: { contract?: string; model?: string; out?: string }) => {
      mustExist(file);
      const { manifest, baseline, keys } = await loadContract(own, io, options());
      const outDir = own.out ?? (await mkdtemp(path.join(os.tmpdir(), 'trimtab-validate-')));
      const verdict = await validateFile(file, manifest.contract, {
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
  program
    .command('profile <file>')
    .description('count what is in a data file')
    .action(async (file: string) => {
      mustExist(file);
      const profile = await profileAnyFile(file);
      print(io, options(), profile, () => formatProfile(profile));
    });
  program
    .command('drift [model]')
    .description('look for drift in captured traffic, or in a file; exit status 1 when there is some')
    .option('--file <file>', 'data file to look at instead of captured traffic')
    .option('--baseline <folder>', 'model folder whose baseline holds, with --file')
    .option('--from <time>', 'begin of the window of captured traffic, ISO 8601')
    .option('--to <time>', 'end of the window, exclusive')
    .action(
      async (model: string | undefined, own: { file?: string; baseline?: string; from?: string; to?: string }) => {
        if (own.file !== undefined) {
          mustExist(own.file);
          const { manifest, baseline } = await loadContract({ contract: own.baseline, model }, io, options());
          if (!baseline) throw new UsageError('the model has no baseline.json: `trimtab init` makes one');
          const verdict = await driftOfFile(own.file, manifest, baseline);
          print(io, options(), verdict, () => drifted(verdict));
          if (verdict.verdict === 'drift') throw new CheckFailedError('there is drift');
          return;
        }
        if (model === undefined) throw new UsageError('name a model, or a file with --file');
        const to = own.to === undefined ? new Date() : time(own.to);
        const window = own.from === undefined ? undefined : { from: time(own.from), to };
        await withHome(io, options(), async (home) => {
          const report = await runDriftDetection(home, { model, now: to, ...(window ? { window } : {}) });
          print(io, options(), report, () => `${drifted(report)}\nreport: ${report.report}`);
          if (report.verdict === 'drift') throw new CheckFailedError('there is drift');
        });
      },
    );
}

async function loadContract(
  own: { contract?: string | undefined; model?: string | undefined },
  io: Io,
  options: GlobalOptions,
): Promise<Rules> {
  if (own.contract !== undefined) {
    const folder = own.contract.endsWith(MODEL_FILES.manifest) ? path.dirname(own.contract) : own.contract;
    const { manifest, baseline } = await withOptionalExamined(path.join(folder, MODEL_FILES.model), ({ signature }) =>
      readModelFolder(folder, signature),
    );
    return { manifest, ...(baseline ? { baseline: baseline.value } : {}) };
  }
  const { model } = own;
  if (model === undefined)
    throw new UsageError('say which contract holds: a model folder, or the name of a registered model');
  return withHome(io, options, async (home, registry): Promise<Rules> => {
    const state = await registry.state(model);
    const version = await registry.version(model, state.champion ?? state.latest);
    const baseline = await baselineOf(home, version);
    const keys = needsKeys(version.manifest.contract) ? await home.privacy() : undefined;
    return { manifest: version.manifest, ...(baseline ? { baseline } : {}), ...(keys ? { keys } : {}) };
  });
}

function mustExist(file: string): void {
  if (!existsSync(file)) throw new UsageError(`no such file: ${file}`);
}

function time(text: string): Date {
  if (Number.isNaN(Date.parse(text)))
    throw new UsageError(`a time is ISO 8601, such as 2026-01-31T12:00:00Z, received '${text}'`);
  return new Date(text);
}

function formatProfile(profile: Profile): string {
  const rows = Object.entries(profile.columns).map(([name, c]) => [
    name,
    `${((100 * c.missing) / Math.max(1, c.rows)).toFixed(1)} %`,
    spark(c.kind === 'numeric' ? c.counts : c.counts.slice(0, 24)),
    c.kind === 'numeric'
      ? c.mean === null
        ? 'no values'
        : `${short(c.min!)} … ${short(c.max!)}, mean ${short(c.mean)}`
      : `${c.categories.length}${c.other > 0 ? '+' : ''} values: ${c.categories.slice(0, 4).join(', ')}${c.categories.length > 4 ? ', …' : ''}`,
  ]);
  return `${profile.rows} rows\n${table(['column', 'missing', 'distribution', 'values'], rows)}`;
}

function drifted(verdict: DriftVerdict): string {
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
  ].join('\n');
}

const short = (x: number): string => String(Number(x.toPrecision(5)));
