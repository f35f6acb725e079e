import type { Command as Program } from 'commander';
import { durationMs, ManifestDuration } from '../../core/manifest/duration.ts';
import { IncomparableError } from '../../core/quality/compare.ts';
import { JsonLinesError } from '../../platform/json-lines.ts';
import type { CompareView } from '../../usecases/quality/compare-view.ts';
import { NotReplayableError } from '../../usecases/quality/not-replayable-error.ts';
import { FileRejectedError } from '../../usecases/validation/errors.ts';
import { parseVersionNumber } from '../arguments.ts';
import { type GlobalOptions, type Io, print, withHome } from '../context.ts';
import { CheckFailedError, UsageError } from '../errors.ts';
import { assertFileExists } from '../files.ts';
import { formatComparison } from '../output/comparison.ts';

interface CompareFlags {
  readonly data?: string;
  readonly replay?: string;
}

/** Asks two versions about the same rows, and shows by how much they differ. */
export function addCompare(program: Program, io: Io, options: () => GlobalOptions): void {
  program
    .command('compare <model> <first> <second>')
    .description('two versions asked about the same rows: their metrics, and the differences with intervals')
    .option('--data <file>', 'rows of a data file that has the label; of whole tensors, requests as JSON lines')
    .option('--replay <time>', 'captured requests of so much time, such as 24h, as far as their truths are known')
    .action(async (model: string, first: string, second: string, flags: CompareFlags) => {
      const numbers = [parseVersionNumber(first), parseVersionNumber(second)] as const;
      await withHome(io, options(), async (home, registry) => {
        const source = sourceOf(flags, home.clock.now());
        // It needs libraries that are optional.
        const { compareVersions } = await import('../../usecases/quality/compare-versions.ts');
        const versions = [
          await registry.version(model, numbers[0]),
          await registry.version(model, numbers[1]),
        ] as const;
        const view = await compared(() => compareVersions(home, { model, versions, source }));
        print(io, options(), view, formatComparison);
      });
    });
}

function sourceOf({ data, replay }: CompareFlags, now: Date): CompareView['source'] {
  if (data !== undefined && replay === undefined) {
    assertFileExists(data);
    return { kind: 'data', file: data };
  }
  if (replay === undefined || data !== undefined)
    throw new UsageError('say what to ask about: --data FILE or --replay TIME');
  if (!ManifestDuration.safeParse(replay).success)
    throw new UsageError(`--replay is a time such as 24h or 7d, received '${replay}'`);
  const from = new Date(now.getTime() - durationMs(replay));
  return { kind: 'replay', from: from.toISOString(), to: now.toISOString() };
}

/** What cannot be compared, as opposed to what failed. */
const REFUSALS = [IncomparableError, NotReplayableError, FileRejectedError, JsonLinesError];

async function compared<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (REFUSALS.some((Refusal) => error instanceof Refusal))
      throw new CheckFailedError((error as Error).message, { cause: error });
    throw error;
  }
}
