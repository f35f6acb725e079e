import type { Command as Program } from 'commander';
import type { Command } from '../../core/registry/commands.ts';
import type { EndpointLimits } from '../../core/registry/endpoint-limits.ts';
import { ReleaseRefusedError } from '../../core/registry/errors.ts';
import { workerEntry } from '../../platform/onnx/worker/worker-entry.ts';
import type { Home } from '../../platform/ports.ts';
import { endpointObjections } from '../../usecases/registry/fits-endpoint.ts';
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
      const record = await home.ledger.version(model, version);
      const command = releaseCommand(version, own, record?.manifest);
      const { limits, remark } = await limitsOf(nameOfHome(io, options()), io.env);
      const room = record && limits && { bytes: record.artifact.bytes, limits };
      const { gated, unknown } = await pastTheGate(home, model, command, { force: own.force === true, room });
      const entry = await registry.apply(model, gated, { expectedRevision: state.revision });
      printEntry(io, options, entry, state);
      for (const note of [remark, unknown]) if (note !== undefined) printLine(io.err, `note: ${note}`);
    }),
  );
}

interface Gated {
  readonly gated: Command;
  /** What who releases it has to know was not compared. */
  readonly unknown?: string | undefined;
}

interface GateOptions {
  readonly force: boolean;
  /** What the version takes, and what the endpoint has; undefined where one of them is not known. */
  readonly room: { readonly bytes: number; readonly limits: EndpointLimits } | undefined;
}

/**
 * @throws ReleaseRefusedError for a version that is clearly worse than the champion, or that the deployed endpoint has no
 *   room for, unless it is forced
 */
async function pastTheGate(home: Home, model: string, command: Command, { force, room }: GateOptions): Promise<Gated> {
  if (!givesTraffic(command)) return { gated: command };
  const { version } = command;
  const against = room === undefined ? [] : await endpointObjections(home, { model, version, ...room }, room.limits);
  const compared = command.type === 'start-shadow' ? undefined : await worseThanChampion(home, model, version);
  if (compared !== undefined) against.push(...compared.against);
  const unknown = compared?.unknown;
  if (against.length === 0) return { gated: command, unknown };
  if (!force)
    throw new ReleaseRefusedError(`${against.join('; ')}; release it all the same with --force --reason TEXT`);
  const reason = `${command.reason} (forced, although ${against.join('; ')})`;
  if (command.type === 'start-shadow') return { gated: { ...command, reason }, unknown };
  return { gated: { ...command, reason, evidence: { forced: against } }, unknown };
}

type GivesTraffic = Extract<Command, { type: 'release' | 'start-canary' | 'start-test' | 'start-shadow' }>;
const GIVES_TRAFFIC: readonly Command['type'][] = ['release', 'start-canary', 'start-test', 'start-shadow'];
const givesTraffic = (command: Command): command is GivesTraffic => GIVES_TRAFFIC.includes(command.type);

async function worseThanChampion(
  home: Home,
  model: string,
  version: number,
): Promise<{ readonly against: string[]; readonly unknown?: string | undefined }> {
  const { worse, unknown } = await beforeRelease(home, model, version, { entry: workerEntry() });
  if (worse.length === 0) return { against: [], unknown };
  return { against: [`version ${version} is clearly worse than the champion: ${worse.join('; ')}`], unknown };
}
