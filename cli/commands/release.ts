import type { Command as Program } from 'commander';
import type { Command } from '../../core/registry/commands.ts';
import { ReleaseRefusedError } from '../../core/registry/errors.ts';
import { workerEntry } from '../../platform/onnx/worker/worker-entry.ts';
import type { Home } from '../../platform/ports.ts';
import { beforeRelease } from '../../usecases/replay/release-gate.ts';
import { parseVersionNumber } from '../arguments.ts';
import { type GlobalOptions, type Io, printLine, withHome } from '../context.ts';
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
      const { gated, unknown } = await pastTheGate(home, model, command, own.force === true);
      const entry = await registry.apply(model, gated, { expectedRevision: state.revision });
      printEntry(io, options, entry, state);
      if (unknown !== undefined) printLine(io.err, `note: ${unknown}`);
    }),
  );
}

interface Gated {
  readonly gated: Command;
  /** What who releases it has to know was not compared. */
  readonly unknown?: string | undefined;
}

/** @throws ReleaseRefusedError for a version that is clearly worse than the champion, unless it is forced */
async function pastTheGate(home: Home, model: string, command: Command, force: boolean): Promise<Gated> {
  if (command.type !== 'release' && command.type !== 'start-canary' && command.type !== 'start-test')
    return { gated: command };
  const { worse, unknown } = await beforeRelease(home, model, command.version, { entry: workerEntry() });
  if (worse.length === 0) return { gated: command, unknown };
  if (!force)
    throw new ReleaseRefusedError(
      `version ${command.version} is clearly worse than the champion: ${worse.join('; ')}; release it all the same with --force --reason TEXT`,
    );
  const reason = `${command.reason} (forced, although clearly worse than the champion: ${worse.join('; ')})`;
  return { gated: { ...command, reason, evidence: { forced: worse } }, unknown };
}
