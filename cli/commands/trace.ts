import type { Command as Program } from 'commander';
import { trace, UntracedError } from '../../usecases/audit/trace.ts';
import type { TraceView } from '../../usecases/audit/trace-view.ts';
import { type GlobalOptions, type Io, print, withHome } from '../context.ts';
import { CheckFailedError, UsageError } from '../errors.ts';
import { dataPlace } from '../files.ts';
import { formatTrace } from '../output/trace.ts';

/** Shows what is known of a prediction, an entry, a version or a drop. */
export function addTrace(program: Program, io: Io, options: () => GlobalOptions): void {
  program
    .command('trace <id>')
    .description(
      'what is known of a prediction (ID, ID#row), an entry (MODEL#12), a version (MODEL@3) or a drop (its id, or the key of its file)',
    )
    .option('--model <name>', 'look at this model only')
    .option('--days <days>', 'how far back predictions are looked for', '7')
    .option('--decrypt', 'open what is encrypted')
    .action(async (id: string, own: { model?: string; days: string; decrypt?: boolean }) => {
      const days = Number(own.days);
      if (!(days > 0 && days <= 3_650)) throw new UsageError(`--days is 1 to 3650, received '${own.days}'`);
      await withHome(io, options(), async (home) => {
        const found = await trace(home, id, { model: own.model, days, decrypt: own.decrypt }).catch(
          (error: unknown) => {
            throw error instanceof UntracedError ? new CheckFailedError(error.message) : error;
          },
        );
        const formatPlaced = (view: TraceView): string => formatTrace(view, dataPlace(home));
        print(io, options(), found, formatPlaced);
      });
    });
}
