import { releaseCommand } from '../../cli/commands/release-options.ts';
import { captures } from '../../cli/doctor/home/captures.ts';
import { Hypothesis } from '../../core/experiment/hypothesis.ts';
import { judgeRulesOf } from '../../core/judge/manifest-rules.ts';
import type { Manifest } from '../../core/manifest/manifest.ts';
import { METRICS, type MetricName } from '../../core/observability/metric-names.ts';
import type { Challenger, ReleaseState } from '../../core/registry/ledger.ts';
import { declared } from '../../core/serving/outcome.ts';
import type { Home, MetricQuery } from '../../platform/ports.ts';
import { watchedGauges } from '../../server/metrics/metrics-page.ts';
import type { Registry } from '../../usecases/registry/registry.ts';
import { testStatusOf } from '../../usecases/release/ab-test.ts';
import { definitionsOf } from '../../usecases/release/alarm-definitions.ts';
import { readBusinessMetrics } from '../../usecases/release/business-metrics.ts';
import { judgeModel } from '../../usecases/release/judge-model.ts';
import { shadowStatusOf } from '../../usecases/release/shadow.ts';
import { versionRecord } from '../platform/contract/record.ts';

/** Who reads which metric by which dimensions: `Failure Variant` -> canary. */
export type Readers = Map<string, Set<string>>;

export function addReader(readers: Readers, metric: string, dimension: string, reader: string): void {
  const key = `${metric} ${dimension}`;
  readers.set(key, (readers.get(key) ?? new Set()).add(reader));
}

/** What the use cases ask the metrics of a model for, by having each of them read a home that notes the questions. */
export async function usecaseReaders(open: Home, manifest: Manifest): Promise<Readers> {
  const readers: Readers = new Map();
  let reader = '';
  const home: Home = {
    ...open,
    metrics: {
      environment: open.metrics.environment,
      write: () => undefined,
      query: async ({ metric, dimensions, from }: MetricQuery) => {
        addReader(readers, metric, 'Version' in dimensions ? 'Version' : 'Variant', reader);
        return [{ at: from, value: 1 }];
      },
    },
  };
  const now = home.clock.now();
  const since = new Date(now.getTime() - 2 * 3_600_000).toISOString();
  const version = { ...versionRecord(manifest.name, 2), manifest };
  const registry = {
    version: async () => version,
    state: async () => ({ champion: 1 }),
  } as unknown as Registry;
  const challenger: Challenger = {
    version: 2,
    weight: 0.5,
    since,
    steps: [0.5, 1],
    step: 0,
    judged: { entry: 1, rules: judgeRulesOf(manifest) },
  } as never;
  const state = { champion: 1, challengers: [challenger], previous: [], since } as unknown as ReleaseState;
  const model = manifest.name;
  const versions = { model, champion: 1, challenger: 2 };

  reader = 'A/B test';
  for (const metric of [...Object.keys(METRICS), ...declared(manifest.monitoring.business).map(({ name }) => name)]) {
    const test = hypothesisAbout(metric, manifest);
    if (test !== undefined) await testStatusOf(home, versions, { since, test }, { now, periodSeconds: 60 });
  }
  reader = 'shadow';
  await shadowStatusOf(home, now, model, { version: 3, since } as never);
  reader = 'judge';
  const { definitions } = await definitionsOf(home, version);
  const ledger = Object.assign(Object.create(home.ledger), {
    version: async () => version,
    entries: async function* () {
      yield { model, at: since, state };
    },
  }) as Home['ledger'];
  const options = { model, now, state, up: definitions, baselineErrorRate: undefined };
  await judgeModel({ ...home, ledger }, options);
  const before = { ...state, champion: 2 };
  const alone = { ...state, challengers: [], judged: { entry: 2, rules: judgeRulesOf(manifest) } };
  ledger.entries = async function* () {
    yield { model, at: since, state: before } as never;
    yield { model, at: since, state: alone } as never;
  };
  await judgeModel({ ...home, ledger }, { ...options, state: alone });
  reader = 'status';
  await readBusinessMetrics(home, registry, model, 1);
  reader = 'doctor';
  await captures.look({ home, registry, models: [model], probe: { absent: '', remedy: '' } });
  reader = '/metrics';
  await watchedGauges(home, () => [model])({ family: () => undefined, sample: () => undefined } as never);
  return readers;
}

/** The hypothesis that the command line makes of a metric; undefined where it refuses to. */
function hypothesisAbout(metric: string, manifest: Manifest): Hypothesis | undefined {
  try {
    const own = { ab: true, gate: true, metric: metric as MetricName, better: 'lower', effect: '1' };
    const command = releaseCommand(2, own, manifest);
    return 'hypothesis' in command ? Hypothesis.parse(command.hypothesis) : undefined;
  } catch {
    return undefined;
  }
}
