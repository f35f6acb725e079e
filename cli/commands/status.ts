import type { Command as Program } from 'commander';
import type { ChainReport } from '../../core/registry/chain.ts';
import { entryAt } from '../../core/registry/history.ts';
import type { ReleaseState } from '../../core/registry/ledger.ts';
import { championShare } from '../../core/serving/route.ts';
import { type ReleaseStatus, releaseStatusOf } from '../../usecases/release/rollout-status.ts';
import { shadowText } from '../../usecases/release/shadow.ts';
import { CheckFailedError, type GlobalOptions, type Io, print, UsageError, withHome } from '../context.ts';
import { formatBusinessMetrics, readBusinessMetrics } from '../output/business-metrics.ts';
import { formatHypothesis, formatRolloutStatus } from '../output/rollout-status.ts';
import { bar, table } from '../output/table.ts';
import { formatPercent } from '../output/traffic.ts';

/** Commands that read the ledger. */
export function addStatusCommands(program: Program, io: Io, options: () => GlobalOptions): void {
  program
    .command('status [model]')
    .description('what is released')
    .action((model: string | undefined) =>
      withHome(io, options(), async (home, registry) => {
        const models = model === undefined ? await home.ledger.models() : [model];
        const states = await Promise.all(models.map(async (name) => [name, await registry.state(name)] as const));
        if (model !== undefined && states[0]![1].revision === 0) throw new UsageError(`no model named ${model}`);
        const now = home.clock.now();
        const worths = await Promise.all(
          states.map(([name, { champion }]) => readBusinessMetrics(home, registry, name, champion)),
        );
        const standings = await Promise.all(states.map(([name, state]) => releaseStatusOf(home, now, name, state)));
        const told = states.map(
          ([name, state], i) => [name, { ...state, business: worths[i]!, standings: standings[i]! }] as const,
        );
        print(io, options(), Object.fromEntries(told), () =>
          told.length === 0
            ? 'no models yet: `trimtab register FOLDER`'
            : told
                .map(([name, s]) =>
                  [formatRelease(name, s, s.standings), ...formatBusinessMetrics(s.business)].join('\n'),
                )
                .join('\n\n'),
        );
      }),
    );
  program
    .command('history <model>')
    .description('everything that ever happened to a model')
    .option('--at <time>', 'what was true at a time, ISO 8601')
    .option('--verify', 'look whether everything is as it was written')
    .action((model: string, own: { at?: string; verify?: true }) =>
      withHome(io, options(), async (_, registry) => {
        if (own.verify) {
          const report = await registry.verify(model);
          print(io, options(), report, () => verified(model, report));
          if (report.faults.length > 0)
            throw new CheckFailedError(
              `the ledger of ${model} is not as it was written: ${report.faults.length} ${report.faults.length === 1 ? 'fault' : 'faults'}`,
            );
          return;
        }
        if (own.at !== undefined && Number.isNaN(Date.parse(own.at)))
          throw new UsageError(`a time is ISO 8601, such as 2026-01-31T12:00:00Z, received '${own.at}'`);
        const entries = await registry.history(model);
        if (own.at !== undefined) {
          const entry = entryAt(entries, own.at);
          if (!entry)
            throw new CheckFailedError(
              `nothing had happened to ${model} at ${own.at}; its first entry is of ${entries[0]!.at}`,
            );
          print(
            io,
            options(),
            entry,
            () => `at ${own.at}, after #${entry.number} (${entry.kind}):\n${formatRelease(model, entry.state)}`,
          );
          return;
        }
        print(io, options(), entries, () =>
          table(
            ['#', 'at', 'what', 'version', 'champion', 'by', 'why'],
            entries.map((e) => [
              e.number,
              e.at.slice(0, 19).replace('T', ' '),
              e.kind,
              e.version,
              e.state.champion,
              e.actor,
              e.reason,
            ]),
          ),
        );
      }),
    );
}

function verified(model: string, { entries, head, faults }: ChainReport): string {
  if (faults.length > 0)
    return table(
      ['#', 'what is wrong'],
      faults.map(({ entry, fault }) => [entry, fault]),
    );
  return `${model}  ${entries} entries are as they were written; head ${head}`;
}

function formatRelease(model: string, state: ReleaseState, standings?: ReleaseStatus): string {
  const lines = [`${model}  revision ${state.revision}${state.since ? `, traffic since ${state.since}` : ''}`];
  const part = (name: string, version: number, share: number): string =>
    `  ${name.padEnd(11)} ${String(version).padStart(3)}  ${bar(share, 30)} ${formatPercent(share)}`;
  if (state.champion === null) lines.push('  nothing is released');
  else lines.push(part('champion', state.champion, championShare(state.challengers)));
  for (const challenger of state.challengers) {
    const { version, weight, step, steps, test } = challenger;
    const about = test === undefined ? `step ${step + 1} of ${steps.join(', ')}` : formatHypothesis(test);
    lines.push(`${part('challenger', version, weight)}   ${about}`);
    lines.push(
      ...formatRolloutStatus(
        challenger,
        standings?.challengers.find((each) => each.version === version),
      ),
    );
  }
  if (state.shadow !== null)
    lines.push(
      `  shadow      ${String(state.shadow.version).padStart(3)}${standings?.shadow ? `  ${shadowText(standings.shadow)}` : ''}`,
    );
  if (state.previous.length > 0) lines.push(`  can return to ${state.previous.toReversed().join(', ')}`);
  for (const { version, reason } of state.quarantined)
    lines.push(`  quarantined ${String(version).padStart(3)}  ${reason}`);
  if (state.awaiting)
    lines.push(`  a rollback to ${state.awaiting.target} waits to be seen since ${state.awaiting.since}`);
  if (state.retraining) lines.push(`  retraining was asked for at ${state.retraining}`);
  return lines.join('\n');
}
