import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { Bookkeeping } from '../../core/observability/bookkeeping.ts';
import { metricLine } from '../../core/observability/emf.ts';
import { judgeLine } from '../../core/observability/judge-lines.ts';
import { METRICS, type MetricName, NAMESPACE } from '../../core/observability/metric-names.ts';
import { addTrimtab } from '../../infra/add-trimtab.ts';
import { DeploymentConfig } from '../../infra/config.ts';
import { datasetMetricLine, privacyMetricLine } from '../../usecases/validation/metrics.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { readsOf, type Series, seriesIn, seriesKey } from './metric-reads.ts';
import { type Resource, type Synthesized, synthesized } from './synthesized.ts';

/** Names that a hyphen between environment and model would not tell apart. */
const ENVIRONMENTS = { eu: 'flight-delay', 'eu-flight': 'delay' } as const;
type Environment = keyof typeof ENVIRONMENTS;
const NAMES = Object.keys(ENVIRONMENTS) as Environment[];

/** Both have one model of the same name too. */
const SHARED = 'shared';

function modelFolder(name: string): string {
  const folder = path.join(temporaryFolder('two-environments'), name);
  mkdirSync(folder);
  const manifest = { name, contract: { features: [] }, decision: { task: 'binary', output: 'p', threshold: 0.5 } };
  writeFileSync(path.join(folder, 'model.json'), JSON.stringify(manifest));
  return folder;
}

/** Everything that an environment emits, of a model and of a data file. */
function emittedBy(environment: Environment, model: string): Series[] {
  const values = Object.fromEntries(Object.keys(METRICS).map((name) => [name as MetricName, 1]));
  const routes = [
    { variant: 'champion', version: 1 },
    { variant: 'challenger', version: 2 },
    { variant: 'shadow', version: 3 },
  ] as const;
  const dataset = { environment, dataset: model, at: new Date(0) };
  const trouble = new Bookkeeping(() => 0);
  trouble.lost('metrics', 'failed', 1);
  return [
    ...routes.map((route) => metricLine({ environment, model, ...route, at: 0, values })),
    datasetMetricLine(dataset, false, { accepted: 1, quarantined: 0 }),
    privacyMetricLine(dataset, false),
    trouble.line(environment)!,
    ...(['NeedsPerson', 'JudgeHeartbeat'] as const).map((metric) =>
      judgeLine(metric, { environment, model, at: 0, value: 0 }),
    ),
  ].flatMap(seriesIn);
}

/** Members that give a resource its name in account and region. */
const PHYSICAL_NAMES =
  /^(Alarm|Dashboard|Role|Bucket|Table|Function|Topic|Queue|LogGroup|Rule|User|Group|DeliveryStream|Application|StateMachine)Name$/;

describe('two environments in one account and region', () => {
  let all: Synthesized;
  beforeAll(() => {
    all = synthesized((app) => {
      for (const [environment, model] of Object.entries(ENVIRONMENTS)) {
        const place = { account: '111122223333', region: 'eu-central-1' };
        const models = [modelFolder(model), modelFolder(SHARED)];
        addTrimtab(app, DeploymentConfig.parse({ environment, ...place, models }));
      }
    });
  });

  const of = (environment: Environment): Resource[] =>
    Object.entries(all.templates)
      .filter(([stack]) => new RegExp(`^Trimtab-${environment}-[A-Za-z]+$`).test(stack))
      .flatMap(([, { Resources }]) => Object.values(Resources));
  const typed = (environment: Environment, type: string) =>
    of(environment)
      .filter(({ Type }) => Type === type)
      .map(({ Properties }) => Properties);
  const other = (environment: Environment): Environment => NAMES.find((name) => name !== environment)!;
  const emitted = (environment: Environment) =>
    [ENVIRONMENTS[environment], SHARED].flatMap((model) => emittedBy(environment, model));

  it('emit no series in common', () => {
    const [mine, theirs] = NAMES.map((name) => new Set(emitted(name).map(seriesKey)));
    expect(mine!.size).toBeGreaterThan(100);
    expect([...mine!].filter((key) => theirs!.has(key))).toEqual([]);
  });

  it.each(NAMES)('look at their own metrics alone, in alarms, graphs and expressions (%s)', (environment) => {
    const reads = readsOf(of(environment), SHARED);
    expect(reads.filter(({ by }) => by === 'alarm').length).toBeGreaterThan(15);
    expect(reads.filter(({ by }) => by === 'dashboard').length).toBeGreaterThan(30);
    expect(reads.filter(({ expression }) => expression !== undefined).length).toBeGreaterThanOrEqual(2);
    for (const read of reads) {
      const names = Object.keys(read.dimensions);
      expect(read.dimensions.Environment, `${read.metric} by ${names}`).toBe(environment);
      expect(emitted(other(environment)).filter(read.matches)).toEqual([]);
      // Nor is it blind: what it looks at is emitted.
      if (!read.metric.startsWith('Business.'))
        expect(emitted(environment).filter(read.matches), `${read.metric} by ${names}`).not.toEqual([]);
    }
  });

  it.each(NAMES)('make no metrics of logs, and no alarms of several metrics (%s)', (environment) => {
    expect(typed(environment, 'AWS::Logs::MetricFilter')).toEqual([]);
    for (const alarm of typed(environment, 'AWS::CloudWatch::Alarm')) expect(alarm.Metrics).toBeUndefined();
  });

  it.each(NAMES)('wake their rollback by their own alarms alone (%s)', (environment) => {
    const prefixes = typed(environment, 'AWS::Events::Rule')
      .flatMap(({ EventPattern }) => EventPattern.detail?.alarmName ?? [])
      .map(({ prefix }) => prefix as string);
    expect(prefixes).toHaveLength(1);
    const woken = (of: Environment) =>
      typed(of, 'AWS::CloudWatch::Alarm')
        .map(({ AlarmName }) => String(AlarmName))
        .filter((name) => name.startsWith(prefixes[0]!));
    expect(woken(environment).length).toBeGreaterThan(15);
    expect(woken(other(environment))).toEqual([]);
  });

  it.each(NAMES)('tell every function with a home which environment it is of (%s)', (environment) => {
    const variables = typed(environment, 'AWS::Lambda::Function')
      .map(({ Environment }) => Environment?.Variables)
      .filter((names) => names?.TRIMTAB_TABLE !== undefined);
    expect(variables).toHaveLength(7);
    for (const { TRIMTAB_ENVIRONMENT } of variables) expect(TRIMTAB_ENVIRONMENT).toBe(environment);
  });

  it('give no two resources one name', () => {
    const names = NAMES.map((environment) => {
      const found = new Set<string>();
      for (const { Type, Properties = {} } of of(environment))
        for (const [member, value] of Object.entries(Properties)) {
          const named = PHYSICAL_NAMES.test(member) || (Type === 'AWS::KMS::Alias' && member === 'AliasName');
          if (named && typeof value === 'string') found.add(`${Type} ${value}`);
        }
      return found;
    });
    expect(names[0]!.size).toBeGreaterThan(20);
    expect([...names[0]!].filter((name) => names[1]!.has(name))).toEqual([]);
  });

  it('have metrics in one namespace: what tells them apart is the dimension', () => {
    const namespaces = NAMES.flatMap((environment) => emitted(environment).map(({ namespace }) => namespace));
    expect(new Set(namespaces)).toEqual(new Set([NAMESPACE]));
  });
});
