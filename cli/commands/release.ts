import type { Command as Program } from 'commander';
import { parseVersionNumber } from '../arguments.ts';
import { type GlobalOptions, type Io, print, withHome } from '../context.ts';
import { formatEntry } from '../output/release.ts';
import { addReleaseOptions, type ReleaseOptions, releaseCommand } from './release-options.ts';

/** Gives a version all the traffic, a growing share, a fixed share, or a copy of it. */
export function addRelease(program: Program, io: Io, options: () => GlobalOptions): void {
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
      print(io, options(), entry, formatEntry);
    }),
  );
}
