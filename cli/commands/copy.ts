import type { Command as Program } from 'commander';
import { copyVersion, readVersionToCopy } from '../../usecases/registry/copy-version.ts';
import type { CopyView } from '../../usecases/registry/copy-view.ts';
import { parseReason, parseVersionNumber } from '../arguments.ts';
import { type GlobalOptions, type Io, print, printLine, withHome } from '../context.ts';
import { limitsOf } from '../endpoint-limits.ts';
import { UsageError } from '../errors.ts';
import { formatCopy } from '../output/copy.ts';
import { formatNextSteps, versionSteps } from '../output/next-steps.ts';
import { withProgress } from '../progress.ts';

interface CopyCommandOptions {
  readonly from: string;
  readonly to: string;
  readonly force?: boolean;
  readonly reason?: string;
}

/** Copies a version from one home to another. */
export function addCopy(program: Program, io: Io, options: () => GlobalOptions): void {
  program
    .command('copy <model@version>')
    .description(
      'copy a version, MODEL@N, from one home to another: it gets the next number there and has to be approved there',
    )
    .requiredOption('--from <home>', 'home that has it: a folder, or aws:ENVIRONMENT@PROFILE')
    .requiredOption('--to <home>', 'home that gets it')
    .option('--force', 'although it was barred there, or its graph is here under another name; wants a --reason')
    .option('--reason <text>', 'why, for the ledger', parseReason)
    .action((text: string, { from, to, force, reason }: CopyCommandOptions) => {
      const { model, version } = parseVersion(text);
      if (force && reason === undefined) throw new UsageError('--force goes with --reason');
      if (options().home !== undefined) throw new UsageError('a copy has two homes, --from and --to, and no --home');
      if (from === to) throw new UsageError(`--from and --to are the same home, ${from}`);
      return withHome(io, { home: from }, async (source) => {
        const what = await withProgress(io, `reading ${text}`, () => readVersionToCopy(source, model, version));
        return withHome(io, { home: to }, async (home, registry) => {
          const { limits, remark } = await limitsOf(home, to);
          const copy = () => copyVersion(source, what, { home, registry }, { force, limits, reason });
          const view = await withProgress(io, `copying ${text}`, copy);
          const steps = versionSteps({ model, version: view.to.version }, await registry.state(model), to);
          const formatWithSteps = (shown: CopyView): string =>
            [formatCopy(shown), ...formatNextSteps(steps)].join('\n');
          print(io, options(), view, formatWithSteps);
          if (remark !== undefined) printLine(io.err, `note: ${remark}`);
        });
      });
    });
}

/** @throws UsageError when it is no version of a model */
function parseVersion(text: string): { model: string; version: number } {
  const at = text.lastIndexOf('@');
  if (at < 1) throw new UsageError(`say which version, as MODEL@3, received '${text}'`);
  return { model: text.slice(0, at), version: parseVersionNumber(text.slice(at + 1)) };
}
