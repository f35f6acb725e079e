import type { Command as Program } from 'commander';
import type { Command } from '../../core/registry/commands.ts';
import { ReleaseRefusedError } from '../../core/registry/errors.ts';
import { workerEntry } from '../../platform/onnx/worker/worker-entry.ts';
import type { Home } from '../../platform/ports.ts';
import { releaseObjections } from '../../usecases/registry/fits-endpoint.ts';
import { beforeRelease } from '../../usecases/replay/release-gate.ts';
import { parseVersionNumber } from '../arguments.ts';
import { type GlobalOptions, type Io, nameOfHome, printLine, withHome } from '../context.ts';
import { limitsOf } from '../endpoint-limits.ts';
import { printEntry } from './change-release.ts';
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
      const { limits, remark } = await limitsOf(nameOfHome(io, options()), io.env);
      const room = limits === undefined ? [] : await releaseObjections(home, { model, version }, limits);
      const { worse, unknown } = await worth(home, model, command);
      const gated = pastTheGate(command, [...worse, ...room], own.force === true);
      const entry = await registry.apply(model, gated, { expectedRevision: state.revision });
      printEntry(io, options, entry, state);
      for (const note of [remark, unknown]) if (note !== undefined) printLine(io.err, `note: ${note}`);
    }),
  );
}

/** By what a version is clearly worse than the champion, and what who releases it has to know was not compared. */
async function worth(
  home: Home,
  model: string,
  command: Command,
): Promise<{ readonly worse: readonly string[]; readonly unknown?: string | undefined }> {
  if (command.type !== 'release' && command.type !== 'start-canary' && command.type !== 'start-test')
    return { worse: [] };
  const { worse, unknown } = await beforeRelease(home, model, command.version, { entry: workerEntry() });
  if (worse.length === 0) return { worse, unknown };
  return { worse: [`version ${command.version} is clearly worse than the champion: ${worse.join('; ')}`], unknown };
}

/** @throws ReleaseRefusedError when something is against a release, unless it is forced */
function pastTheGate<C extends Command>(command: C, against: readonly string[], force: boolean): C {
  if (against.length === 0) return command;
  const why = against.join('; ');
  if (!force) throw new ReleaseRefusedError(`${why}; release it all the same with --force --reason TEXT`);
  return { ...command, reason: `${command.reason} (forced, although ${why})`, evidence: { forced: against } };
}
