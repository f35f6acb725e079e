import { Duration } from 'aws-cdk-lib';
import { AlarmStatusWidget, type IAlarm, type IWidget, MathExpression } from 'aws-cdk-lib/aws-cloudwatch';
import type { AlarmDefinition } from '../../core/alarms/alarm.ts';
import { NAMESPACE } from '../../core/observability/metric-names.ts';
import type { Variant } from '../../core/serving/variant.ts';
import type { DeployedModel } from '../model-folder.ts';
import { PLAIN } from './palette.ts';
import { alarmLine, graphWidget, type MetricOwner, textWidget, variantLine, WIDE } from './widgets.ts';

/** A model as its dashboard shows it: in one environment, with the alarms that it has there. */
export interface ModelOnDashboard extends Pick<DeployedModel, 'name' | 'metrics' | 'business'> {
  readonly environment: string;
  readonly definitions: readonly AlarmDefinition[];
  readonly alarms: readonly IAlarm[];
}

export interface ModelDashboardLinks {
  /** Index of the runbook. */
  readonly runbook: string;
  /** Address of the overview dashboard. */
  readonly overview: string;
}

const BOTH: readonly Variant[] = ['champion', 'challenger'];

/**
 * Widgets of a model's dashboard, in the order in which whoever is on call reads them: alarms that are up; errors,
 * failures, latency and stale releases; traffic by variant and version; inputs and scores; guards, cache and
 * explanations; business metrics. A variant
 * has the same colour in all graphs.
 */
export function modelWidgets(
  { name, environment, definitions, alarms, business = [], metrics = [] }: ModelOnDashboard,
  { runbook, overview }: ModelDashboardLinks,
): IWidget[][] {
  const model = { environment, name };
  return [
    [
      textWidget(
        `# ${name} in ${environment}\nAn alarm is red? [Its page of the runbook](${runbook}) says what it means, what has happened by itself, and what to do. ` +
          `Released now: \`trimtab status ${name}\`. What happened: \`trimtab history ${name}\`. [Everything](${overview})`,
        2,
      ),
    ],
    [new AlarmStatusWidget({ title: 'Alarms', alarms: [...alarms], width: WIDE, height: 3 })],
    ...releaseGraphs(model, definitions),
    row(confidenceGraphs(model, metrics.includes('Margin'))),
    ...rows(occasionalGraphs(model, metrics)),
    ...rows(businessGraphs(model, business)),
  ];
}

/** Graphs of a model that has a release, whatever it is: errors, failures, latency, staleness; traffic; inputs and scores. */
export function releaseGraphs(model: MetricOwner, definitions: readonly AlarmDefinition[] = []): IWidget[][] {
  const { environment, name } = model;
  const alarm = (metric: Parameters<typeof alarmLine>[1]) => alarmLine(definitions, metric);
  const by = (metric: Parameters<typeof alarmLine>[1], statistic: string, variants = BOTH) =>
    variants.map((variant) => variantLine(model, metric, variant, statistic));
  return [
    [
      graphWidget('Is it wrong?', [...by('PredictionError', 'Average'), lateErrors(model)], {
        unit: 'share of decisions',
        alarm: alarm('PredictionError'),
      }),
      graphWidget('Is it failing?', by('Failure', 'Average'), {
        unit: 'share of requests',
        alarm: alarm('Failure'),
      }),
      graphWidget('Is it slow?', by('Latency', 'p99'), { unit: 'ms, p99 of the handler', alarm: alarm('Latency') }),
      graphWidget(
        'Is it behind?',
        [
          ...by('StaleRelease', 'Maximum', ['champion']).map((m) => m.with({ label: 'ledger out of reach' })),
          ...by('LoadFailure', 'Maximum', ['challenger']).map((m) => m.with({ label: 'challenger not loaded' })),
        ],
        { unit: '0 or 1', max: 1 },
      ),
    ],
    [
      graphWidget('Who answers? By part', by('Rows', 'Sum', ['champion', 'challenger', 'shadow']), {
        unit: 'rows',
        stacked: true,
        width: 12,
      }),
      graphWidget(
        'Who answers? By version',
        [
          new MathExpression({
            expression: `SEARCH('{${NAMESPACE},Environment,Model,Version} MetricName="Rows" Environment="${environment}" Model="${name}"', 'Sum', 60)`,
            usingMetrics: {},
            label: 'version',
            period: Duration.minutes(1),
          }),
        ],
        { unit: 'rows', width: 12 },
      ),
    ],
    [
      graphWidget('What does it see?', by('Violation', 'Average'), {
        unit: 'share that breaks the contract',
        alarm: alarm('Violation'),
        width: 8,
      }),
      graphWidget('What does it say?', by('Score', 'Average'), { unit: 'mean score', width: 8 }),
      graphWidget('Has the world moved?', by('Drift', 'Maximum', ['champion']), {
        unit: 'share of features that drifted',
        alarm: alarm('Drift'),
        width: 8,
      }),
    ],
  ];
}

/** A distribution over time, as percentiles: what moves is seen before the mean does. */
const distribution = (model: MetricOwner, metric: 'Score' | 'Margin' | 'Entropy') =>
  ['p5', 'p25', 'p50', 'p75', 'p95'].map((percentile, i) =>
    variantLine(model, metric, 'champion', percentile).with({ label: percentile, color: PLAIN[i] }),
  );

/** A graph whose width follows from the number of graphs in its row. */
type GraphOfWidth = (width: number) => IWidget;

const row = (graphs: readonly GraphOfWidth[]): IWidget[] => graphs.map((each) => each(WIDE / graphs.length));

function confidenceGraphs(model: MetricOwner, severalClasses: boolean): GraphOfWidth[] {
  const of = (metric: 'Score' | 'Margin' | 'Entropy', unit: string): GraphOfWidth => {
    return (width) => graphWidget(`How sure is it? ${metric}`, distribution(model, metric), { unit, width });
  };
  const scores = of('Score', 'scores of the champion, by percentile');
  if (!severalClasses) return [scores];
  return [scores, of('Margin', 'first class less the second'), of('Entropy', '0 sure, 1 undecided')];
}

/** Wrong decisions of before the traffic last changed hands: they say nothing of the release, but of the model. */
const lateErrors = (model: MetricOwner) =>
  variantLine(model, 'PredictionErrorLate', 'champion', 'Average').with({
    label: 'champion, before the last release',
    color: PLAIN[4],
  });

/** Graphs of metrics that only some models have. */
function occasionalGraphs(model: MetricOwner, metrics: readonly string[]): GraphOfWidth[] {
  const graphs = [
    ['OutOfDistribution', 'Average', 'Is it asked what it never saw?', 'share of requests unlike the baseline'],
    ['RateLimited', 'Average', 'Who asks too much?', 'share of requests turned away'],
    ['CacheHit', 'Average', 'Has it been asked before?', 'share of answers out of the cache'],
    ['ExplainFailure', 'Average', 'Do explanations fail?', 'share of explanations'],
    ['ExplainLatency', 'p99', 'Are explanations slow?', 'ms, p99'],
  ] as const;
  return graphs
    .filter(([metric]) => metrics.includes(metric))
    .map(([metric, statistic, title, unit]) => {
      const both = BOTH.map((variant) => variantLine(model, metric, variant, statistic));
      return (width) => graphWidget(title, both, { unit, width });
    });
}

function businessGraphs(model: MetricOwner, business: NonNullable<DeployedModel['business']>): GraphOfWidth[] {
  return business.map(({ name, unit }) => {
    const means = BOTH.map((variant) => variantLine(model, `Business.${name}`, variant, 'Average'));
    const of = unit === undefined ? 'mean of a prediction' : `${unit}, mean of a prediction`;
    return (width) => graphWidget(`What is it worth? ${name}`, means, { unit: of, width });
  });
}

/** Most graphs in a row. */
const IN_ROW = 3;

const rows = (graphs: readonly GraphOfWidth[]): IWidget[][] =>
  Array.from({ length: Math.ceil(graphs.length / IN_ROW) }, (_, i) => row(graphs.slice(i * IN_ROW, (i + 1) * IN_ROW)));
