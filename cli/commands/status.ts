import type { Command as Program } from 'commander';
import { describeStatus } from '../../usecases/release/describe-status.ts';
import type { StatusView } from '../../usecases/release/status-view.ts';
import { type GlobalOptions, type Io, print, withHome } from '../context.ts';
import { dataPlace } from '../files.ts';
import { formatStatus } from '../output/status.ts';

/** Shows what is released, and how rollouts come along. */
export function addStatus(program: Program, io: Io, options: () => GlobalOptions): void {
  program
    .command('status [model]')
    .description('what is released')
    .action((model: string | undefined) =>
      withHome(io, options(), async (home, registry) => {
        const formatPlaced = (view: StatusView): string => formatStatus(view, dataPlace(home));
        print(io, options(), await describeStatus(home, registry, model), formatPlaced);
      }),
    );
}
