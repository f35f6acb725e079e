import path from 'node:path';
import type { Command as Program } from 'commander';
import { DEFAULT_HOME } from '../../platform/home.ts';
import { folderOfHome } from '../../platform/home-name.ts';
import type { EndpointProbe } from '../../platform/ports.ts';
import { describeStatus } from '../../usecases/release/describe-status.ts';
import type { StatusView } from '../../usecases/release/status-view.ts';
import { type GlobalOptions, type Io, print, withHome } from '../context.ts';
import { localRuntimeProbe } from '../doctor/local/local-runtime.ts';
import { dataPlace } from '../files.ts';
import { formatStatus } from '../output/status.ts';

/** Shows what is released, and how rollouts come along. */
export function addStatus(program: Program, io: Io, options: () => GlobalOptions): void {
  program
    .command('status [model]')
    .description('what is released')
    .action((model: string | undefined) =>
      withHome(io, options(), async (home, registry) => {
        const probe = await probeOf(options().home ?? io.env.TRIMTAB_HOME ?? DEFAULT_HOME);
        const formatPlaced = (view: StatusView): string => formatStatus(view, dataPlace(home));
        print(io, options(), await describeStatus(home, registry, model, probe), formatPlaced);
      }),
    );
}

/** Of a local home, who serves it; elsewhere metrics tell who does. */
async function probeOf(home: string): Promise<EndpointProbe | undefined> {
  const folder = folderOfHome(home);
  if (folder === undefined) return undefined;
  const probe = await localRuntimeProbe(path.resolve(folder));
  return 'absent' in probe ? undefined : probe;
}
