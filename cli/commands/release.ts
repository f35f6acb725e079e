import path from 'node:path';
import type { Command as Program } from 'commander';
import type { Contract } from '../../core/contract/contract.ts';
import { remarksOf } from '../../core/onnx/servable.ts';
import type { Command } from '../../core/registry/commands.ts';
import type { Entry, ReleaseState } from '../../core/registry/ledger.ts';
import { MODEL_FILES } from '../../platform/model-folder.ts';
import { type GlobalOptions, type Io, parseVersionNumber, print, UsageError, withHome } from '../context.ts';
import { withOptionalExamined } from '../optional-dependencies.ts';
import { trafficText } from '../output/traffic.ts';
import { addReleaseOptions, type ReleaseOptions, releaseCommand } from './release-options.ts';

/** Commands that change a release: each is one entry of the ledger. */
export function addReleaseCommands(program: Program, io: Io, options: () => GlobalOptions): void {
  const change = (model: string, commandOf: (state: ReleaseState) => Promise<Command> | Command): Promise<void> =>
    withHome(io, options(), async (_, registry) => {
      const state = await registry.state(model);
      const entry = await registry.apply(model, await commandOf(state), { expectedRevision: state.revision });
      print(io, options(), entry, () => said(entry));
    });
  const reason = (text: string | undefined, fallback: string): string => text ?? fallback;
  const named = (text: string | undefined) => (text === undefined ? {} : { version: parseVersionNumber(text) });

  program
    .command('register <folder>')
    .description('register a model folder as a version')
    .action((folder: string) =>
      withHome(io, options(), async (_, registry) => {
        const { version, existed, remarks } = await withOptionalExamined(
          path.join(folder, MODEL_FILES.model),
          async ({ signature, inspection, file }) => {
            const done = await registry.register(folder, signature, file);
            return { ...done, remarks: remarksOf(inspection, done.version.signature, done.version.manifest.contract) };
          },
        );
        print(io, options(), { existed, remarks, ...version }, () =>
          [
            `${version.model} ${version.version} ${existed ? 'was registered before' : 'registered'}`,
            `  sha256    ${version.artifact.digest}`,
            `  inputs    ${version.signature.inputs.map(({ name, type }) => `${name}:${type}`).join(' ')}`,
            `  outputs   ${version.signature.outputs.map(({ name, type }) => `${name}:${type}`).join(' ')}`,
            `  contract  ${contractText(version.manifest.contract)}`,
            `  baseline  ${version.baseline ? version.baseline.digest.slice(0, 12) : 'none: drift cannot be looked for'}`,
            ...remarks.map((remark) => `  note      ${remark}`),
          ].join('\n'),
        );
      }),
    );
  for (const type of ['approve', 'reject'] as const)
    program
      .command(`${type} <model> <version>`)
      .description(type === 'approve' ? 'say that a version may be released' : 'say that a version may not be released')
      .option('--reason <text>', 'why, for the ledger')
      .action((model: string, version: string, own: { reason?: string }) =>
        change(model, () => ({
          type,
          version: parseVersionNumber(version),
          reason: reason(own.reason, `${type} by hand`),
        })),
      );
  addReleaseOptions(
    program
      .command('release <model> <version>')
      .description('give a version all the traffic, a growing share, a fixed share, or a copy of it'),
  ).action((model: string, text: string, own: ReleaseOptions) =>
    withHome(io, options(), async (home, registry) => {
      const version = parseVersionNumber(text);
      const state = await registry.state(model);
      const command = releaseCommand(version, own, (await home.ledger.version(model, version))?.manifest);
      const entry = await registry.apply(model, command, { expectedRevision: state.revision });
      print(io, options(), entry, () => said(entry));
    }),
  );
  program
    .command('promote <model> [version]')
    .description('give a challenger all the traffic')
    .option('--reason <text>', 'why, for the ledger')
    .action((model: string, version: string | undefined, own: { reason?: string }) =>
      change(model, () => ({ type: 'promote', ...named(version), reason: reason(own.reason, 'promoted by hand') })),
    );
  program
    .command('rollback <model>')
    .description('take challengers back, or return to a former champion')
    .option('--challenger <version>', 'the challenger to take back (default: all of them)')
    .option('--to <version>', 'former champion to return to (default: the last good one)')
    .option('--keep', 'do not quarantine what is taken back')
    .option('--reason <text>', 'why, for the ledger')
    .action((model: string, own: { challenger?: string; to?: string; keep?: boolean; reason?: string }) =>
      change(model, (state) => {
        const rest = { quarantine: !own.keep, reason: reason(own.reason, 'rolled back by hand') };
        if (own.challenger !== undefined && own.to !== undefined)
          throw new UsageError('--challenger and --to do not go together');
        if (own.challenger !== undefined)
          return { type: 'abort-canary', versions: [parseVersionNumber(own.challenger)], ...rest };
        if (own.to === undefined && state.challengers.length > 0) return { type: 'abort-canary', ...rest };
        return { type: 'roll-back', ...(own.to === undefined ? {} : { to: parseVersionNumber(own.to) }), ...rest };
      }),
    );
  program
    .command('unshadow <model>')
    .description('stop mirroring traffic')
    .action((model: string) => change(model, () => ({ type: 'stop-shadow', reason: 'stopped by hand' })));
  for (const [name, type, about] of [
    ['quarantine', 'quarantine', 'bar a version from release'],
    ['lift', 'lift-quarantine', 'let a quarantined version be released again'],
  ] as const)
    program
      .command(`${name} <model> <version>`)
      .description(about)
      .requiredOption('--reason <text>', 'why, for the ledger')
      .action((model: string, version: string, own: { reason: string }) =>
        change(model, () => ({ type, version: parseVersionNumber(version), reason: own.reason })),
      );
}

const contractText = ({ features, tensors }: Contract): string =>
  `${features.length} features${tensors.length > 0 ? `, ${tensors.length} whole tensors` : ''}`;

/** One line on what an entry did. */
function said({ model, number, kind, version, state }: Entry): string {
  return `${model} #${number}: ${kind}${version === null ? '' : ` (version ${version})`}; ${trafficText(state)}`;
}
