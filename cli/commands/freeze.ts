import type { Command as Program } from 'commander';
import { type Freeze, FreezeTimeError, freezeAt, freezeEnd } from '../../core/registry/freeze.ts';
import { parseReason } from '../arguments.ts';
import { type GlobalOptions, type Io, printLine, withHome } from '../context.ts';
import { UsageError } from '../errors.ts';
import { printEntry } from './change-release.ts';

/** Stops automation for a time: everything is judged and said, and nothing done. */
export function addFreeze(program: Program, io: Io, options: () => GlobalOptions): void {
  program
    .command('freeze <model>')
    .description('let automation judge and say, and do nothing, for a time; your own commands go on working')
    .requiredOption('--until <time>', 'a duration such as 2h, or an instant such as 2026-01-31T12:00Z; at most 30 days')
    .requiredOption('--reason <text>', 'why, for the ledger', parseReason)
    .action((model: string, { until: text, reason }: { until: string; reason: string }) =>
      withHome(io, options(), async (home, registry) => {
        const now = home.clock.now();
        const until = parseEnd(text, now);
        const state = await registry.state(model);
        const before = freezeAt(state.frozen, now);
        const entry = await registry.apply(
          model,
          { type: 'freeze', at: now.toISOString(), until, reason },
          { expectedRevision: state.revision },
        );
        printEntry(io, options, entry, state);
        if (before !== undefined) printLine(io.err, replacedText(before, until));
      }),
    );
}

/** What becomes of a freeze that was in force: another person's may have had its reasons. */
function replacedText(before: Freeze, until: string): string {
  const change = until < before.until ? 'shorter than' : 'in place of';
  return `note: ${change} the freeze until ${before.until} by ${before.by}: ${before.reason}`;
}

/** @throws UsageError */
function parseEnd(text: string, now: Date): string {
  try {
    return freezeEnd(text, now);
  } catch (error) {
    throw error instanceof FreezeTimeError ? new UsageError(`--until: ${error.message}`) : error;
  }
}
