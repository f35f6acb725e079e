import type { Command as Program } from 'commander';
import { showVersion } from '../../usecases/audit/show-version.ts';
import { parseVersionNumber } from '../arguments.ts';
import { type GlobalOptions, type Io, print, withHome } from '../context.ts';
import { formatVersion } from '../output/version.ts';

/** Shows all of a version. */
export function addShow(program: Program, io: Io, options: () => GlobalOptions): void {
  program
    .command('show <model> [version]')
    .description(
      'all of a version (default: the champion): signature, contract, decision, baseline, how good it is, who did what with it',
    )
    .action((model: string, text?: string) =>
      withHome(io, options(), async (home) => {
        const version = text === undefined ? undefined : parseVersionNumber(text);
        print(io, options(), await showVersion(home, model, version), formatVersion);
      }),
    );
}
