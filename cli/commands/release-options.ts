import type { Command as Program } from 'commander';
import type { Hypothesis } from '../../core/experiment/hypothesis.ts';
import type { Manifest } from '../../core/manifest/manifest.ts';
import { METRICS } from '../../core/observability/metric-names.ts';
import type { Command } from '../../core/registry/commands.ts';
import { declared } from '../../core/serving/outcome.ts';
import { parseReason } from '../arguments.ts';
import { UsageError } from '../errors.ts';

/** How a version is released, as it is typed. */
export interface ReleaseOptions {
  readonly canary?: boolean;
  readonly steps?: string;
  readonly gate: boolean;
  readonly shadow?: boolean;
  readonly ab?: boolean;
  readonly weight?: string;
  readonly metric?: string;
  readonly effect?: string;
  readonly better?: string;
  readonly mean?: boolean;
  readonly alpha?: string;
  readonly power?: string;
  readonly force?: boolean;
  readonly reason?: string;
}

export const addReleaseOptions = (command: Program): Program =>
  command
    .option('--canary', 'start with a share of the traffic, which grows as long as it is found to be no worse')
    .option('--steps <shares>', 'shares of the canary, ascending, the last 1 (default: the manifest’s)')
    .option(
      '--no-gate',
      'begin the canary at once, although the manifest wants its answers compared in the shadow first',
    )
    .option('--shadow', 'mirror traffic to it; its answers go nowhere')
    .option('--ab', 'an A/B test: a fixed share, until it is decided')
    .option('--weight <share>', 'share of the A/B test (default: 0.5)')
    .option(
      '--metric <name>',
      'what decides: PredictionError, Failure, Latency or a business metric of the manifest (default: PredictionError)',
    )
    .option('--effect <size>', 'smallest difference that matters, in the metric’s unit; 0.02 is 2 points of a rate')
    .option('--better <way>', 'lower or higher (default: as the manifest says, lower for the endpoint’s own metrics)')
    .option('--mean', 'the metric’s samples are values, and not 0 or 1')
    .option('--alpha <chance>', 'of finding a difference where there is none (default: 0.05)')
    .option('--power <chance>', 'of finding one that matters (default: 0.8)')
    .option(
      '--force',
      'although it is clearly worse than the champion, or the endpoint has no room for it; wants a --reason',
    )
    .option('--reason <text>', 'why, for the ledger', parseReason);

/** Metrics of the endpoint's own that a test can be about, all the better the lower, and whether they are rates. */
const OWN: Readonly<Record<string, boolean>> = {
  PredictionError: true,
  Failure: true,
  Violation: true,
  Latency: false,
};

/** @throws UsageError */
export function releaseCommand(version: number, own: ReleaseOptions, manifest: Manifest | undefined): Command {
  const ways = (['canary', 'shadow', 'ab'] as const).filter((way) => own[way]);
  if (ways.length > 1) throw new UsageError(`--${ways[0]} and --${ways[1]} do not go together`);
  if (own.steps !== undefined && !own.canary) throw new UsageError('--steps goes with --canary');
  for (const name of ['weight', 'metric', 'effect', 'better', 'mean', 'alpha', 'power'] as const)
    if (own[name] !== undefined && !own.ab) throw new UsageError(`--${name} goes with --ab`);
  if (own.force && own.reason === undefined) throw new UsageError('--force goes with --reason');
  const reason = own.reason ?? 'released by hand';
  if (own.ab) {
    const weight = share('weight', own.weight ?? '0.5');
    return { type: 'start-test', version, weight, hypothesis: hypothesisOf(own, manifest), reason };
  }
  if (own.shadow) return { type: 'start-shadow', version, reason };
  if (!own.canary) return { type: 'release', version, reason };
  const steps = own.steps?.split(',').map(Number) ?? manifest?.rollout.steps ?? [1];
  if (own.gate && manifest?.rollout.shadow !== undefined)
    return { type: 'start-shadow', version, canary: steps, reason: `${reason}: in the shadow first` };
  return { type: 'start-canary', version, steps, reason };
}

function hypothesisOf(own: ReleaseOptions, manifest: Manifest | undefined): Hypothesis {
  const { metric: named = 'PredictionError' } = own;
  const worth = declared(manifest?.monitoring.business).find(({ name }) => name === named);
  const metric = worth === undefined ? named : `Business.${named}`;
  if (worth === undefined && named in METRICS && !(named in OWN))
    throw new UsageError(`--metric is ${Object.keys(OWN).join(', ')} or a business metric, received ${named}`);
  const better = own.better ?? (worth === undefined ? betterOfOwn(named) : betterOfBusiness(worth));
  const rate = worth === undefined && !own.mean && (OWN[named] ?? true);
  if (better !== 'lower' && better !== 'higher')
    throw new UsageError(`--better is lower or higher, received ${better === undefined ? 'nothing' : `'${better}'`}`);
  const effect = own.effect ?? (rate ? '0.02' : undefined);
  if (effect === undefined) throw new UsageError(`--effect says what difference of ${metric} matters, in its unit`);
  const minEffect = Number(effect);
  if (!(minEffect > 0)) throw new UsageError(`--effect is a number above 0, received '${effect}'`);
  const alpha = share('alpha', own.alpha ?? '0.05');
  const power = share('power', own.power ?? '0.8');
  if (alpha > 0.5) throw new UsageError(`--alpha is at most 0.5, received ${alpha}`);
  if (power <= 0.5) throw new UsageError(`--power is above 0.5, received ${power}`);
  return { metric, better, rate, minEffect, alpha, power };
}

/** The endpoint's own metrics are all the better the lower; of any other nobody knows. */
const betterOfOwn = (metric: string): 'lower' | undefined => (metric in OWN ? 'lower' : undefined);

const betterOfBusiness = ({ higherIsBetter }: { readonly higherIsBetter: boolean }): 'higher' | 'lower' =>
  higherIsBetter ? 'higher' : 'lower';

function share(name: string, text: string): number {
  const value = Number(text);
  if (!(value > 0 && value < 1)) throw new UsageError(`--${name} is between 0 and 1, received '${text}'`);
  return value;
}
