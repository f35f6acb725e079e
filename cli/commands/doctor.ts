import { userInfo } from 'node:os';
import path from 'node:path';
import type { Command as Program } from 'commander';
import { DEFAULT_HOME } from '../../platform/home.ts';
import { type AwsHomeName, parseHomeName } from '../../platform/home-name.ts';
import { openNamedHome } from '../../platform/named-home.ts';
import type { Home } from '../../platform/ports.ts';
import { Registry } from '../../usecases/registry/registry.ts';
import { type GlobalOptions, type Io, print } from '../context.ts';
import { examine } from '../doctor/check.ts';
import type { HomeContext } from '../doctor/context.ts';
import type { DoctorView, Finding } from '../doctor/doctor-view.ts';
import { artifacts } from '../doctor/home/artifacts.ts';
import { bookkeeping } from '../doctor/home/bookkeeping.ts';
import { captures } from '../doctor/home/captures.ts';
import { clocks } from '../doctor/home/clocks.ts';
import { endpoint } from '../doctor/home/endpoint.ts';
import { ledger } from '../doctor/home/ledger.ts';
import { snapshots } from '../doctor/home/snapshots.ts';
import { truths } from '../doctor/home/truths.ts';
import { deadLetters } from '../doctor/local/dead-letters.ts';
import { folder } from '../doctor/local/folder.ts';
import { localRuntime, localRuntimeProbe } from '../doctor/local/local-runtime.ts';
import { CheckFailedError, UsageError } from '../errors.ts';

interface DoctorOptions {
  readonly environment?: string;
  readonly port: string;
}

const EVERYWHERE = [ledger, clocks, artifacts, snapshots, endpoint, bookkeeping, captures, truths];

/** Looks at an installation and says what is wrong with it, and what to do about it. */
export function addDoctor(program: Program, io: Io, options: () => GlobalOptions): void {
  program
    .command('doctor')
    .description('look at an installation: what is wrong, and what to do about it; exit status 1 when something is')
    .option('--environment <name>', 'environment of an installation on AWS (default: TRIMTAB_ENVIRONMENT, else dev)')
    .option('--port <port>', 'port that `trimtab up` is to have, where none serves the local home', '8080')
    .action(async (own: DoctorOptions) => {
      const name = options().home ?? io.env.TRIMTAB_HOME ?? DEFAULT_HOME;
      const port = Number(own.port);
      if (!Number.isInteger(port) || port < 0 || port > 65_535)
        throw new UsageError(`a port is 0 to 65535, received '${own.port}'`);
      const home = parseHomeName(name);
      const findings =
        home.kind === 'local' ? await locally(io.env, home.folder, port) : await onAws(io.env, home, own.environment);
      const view: DoctorView = { home: name, findings };
      print(io, options(), view, formatDoctor);
      const wrong = findings.filter(({ status }) => status === 'fail').length;
      if (wrong > 0) throw new CheckFailedError(`${wrong} of ${findings.length} things are wrong`);
    });
}

async function locally(env: NodeJS.ProcessEnv, name: string, port: number): Promise<Finding[]> {
  const place = path.resolve(name);
  // Before it is opened: that makes the folder, and clears away what killed writers left.
  const before = [
    ...(await examine([folder], { folder: place })),
    ...(await examine([localRuntime], { folder: place, port })),
  ];
  if (before.some((finding) => finding.name === 'folder' && finding.status === 'fail')) return before;
  const home = await openNamedHome(`local:${place}`);
  try {
    const context = await contextOf(env, home, await localRuntimeProbe(place));
    return [...before, ...(await examine([...EVERYWHERE, deadLetters], context))];
  } finally {
    await home.close();
  }
}

/** @throws UsageError where the home names what this command takes from elsewhere */
async function onAws(given: NodeJS.ProcessEnv, home: AwsHomeName, asked: string | undefined): Promise<Finding[]> {
  if (home.profile !== undefined)
    throw new UsageError(`the doctor goes by AWS_PROFILE: set it to ${home.profile}, and leave @${home.profile} away`);
  const { environmentOfHome } = await import('../../platform/aws/outputs.ts');
  const env = await environmentOfHome(given, home);
  const isNamed = home.environment !== undefined || home.outputs !== undefined;
  if (isNamed && asked !== undefined && asked !== env.TRIMTAB_ENVIRONMENT)
    throw new UsageError(`--home names the environment ${env.TRIMTAB_ENVIRONMENT}, and --environment ${asked}`);
  const environment = asked ?? env.TRIMTAB_ENVIRONMENT ?? 'dev';
  // Loaded only here: a laptop without AWS never needs the clients.
  const { examineAws } = await import('../doctor/aws/examine.ts');
  return examineAws({ ...env, TRIMTAB_ENVIRONMENT: environment }, environment, EVERYWHERE, (opened, probe) =>
    contextOf(env, opened, probe),
  );
}

async function contextOf(env: NodeJS.ProcessEnv, home: Home, probe: HomeContext['probe']): Promise<HomeContext> {
  const registry = new Registry(home, env.TRIMTAB_ACTOR ?? `user:${userInfo().username}`);
  return { home, registry, probe, models: await home.ledger.models() };
}

const MARKS: Record<Finding['status'], string> = { ok: '✓', warn: '!', fail: '✗', skipped: '–' };

function formatDoctor({ findings }: DoctorView): string {
  const width = Math.max(...findings.map(({ name }) => name.length));
  const lines = findings.flatMap(({ status, name, found, expected, remedy }) => [
    `${MARKS[status]} ${name.padEnd(width)}  ${found}`,
    ...(expected === null ? [] : [`  ${''.padEnd(width)}  expected: ${expected}`]),
    ...(remedy === null ? [] : [`  ${''.padEnd(width)}  to do: ${remedy}`]),
  ]);
  const count = (status: Finding['status']): number => findings.filter((finding) => finding.status === status).length;
  const [wrong, doubtful] = [count('fail'), count('warn')];
  const verdict =
    wrong + doubtful === 0
      ? 'nothing is wrong'
      : `${wrong} ${wrong === 1 ? 'thing is' : 'things are'} wrong, ${doubtful} worth a look`;
  return [...lines, '', `${verdict}; ${count('ok')} fine, ${count('skipped')} not looked at`].join('\n');
}
