import { Duration } from 'aws-cdk-lib';
import { AlarmStatusWidget, type IAlarm, type IWidget, MathExpression } from 'aws-cdk-lib/aws-cloudwatch';
import { NAMESPACE } from '../../core/alarms/alarm.ts';
import type { Variant } from '../../core/serving/variant.ts';
import type { DeployedModel } from '../model-folder.ts';
import { PLAIN } from './palette.ts';
import { alarmLine, graphWidget, textWidget, variantMetric, WIDE } from './widgets.ts';

export interface ModelDashboardLinks {
  /** Index of the runbook. */
  readonly runbook: string;
  /** Address of the overview dashboard. */
  readonly overview: string;
}

const BOTH: readonly Variant[] = ['champion', 'challenger'];

/**
 * Widgets of a model's dashboard, in the order in which whoever is on call reads them: alarms that are up; errors,
 * failures, latency and stale releases; traffic by variant and version; inputs and scores; business metrics. A variant
 * has the same colour in all graphs.
 */
export function modelWidgets(
  { name, alarms: definitions, business = [], severalClasses = false }: DeployedModel,
  alarms: readonly IAlarm[],
  { runbook, overview }: ModelDashboardLinks,
): IWidget[][] {
  const alarm = (metric: Parameters<typeof alarmLine>[1]) => alarmLine(definitions, metric);
  const by = (metric: Parameters<typeof alarmLine>[1], statistic: string, variants = BOTH) =>
    variants.map((variant) => variantMetric(name, metric, variant, statistic));
  return [
    [
      textWidget(
        `# ${name}\nAn alarm is red? [Its page of the runbook](${runbook}) says what it means, what has happened by itself, and what to do. ` +
          `Released now: \`trimtab status ${name}\`. What happened: \`trimtab history ${name}\`. [Everything](${overview})`,
        2,
      ),
    ],
    [new AlarmStatusWidget({ title: 'Alarms', alarms: [...alarms], width: WIDE, height: 3 })],
    [
      graphWidget('Is it wrong?', by('PredictionError', 'Average'), {
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
            expression: `SEARCH('{${NAMESPACE},Model,Version} MetricName="Rows" Model="${name}"', 'Sum', 60)`,
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
    row(confidenceGraphs(name, severalClasses)),
    ...businessMetrics(name, business),
  ];
}

/** A distribution over time, as percentiles: what moves is seen before the mean does. */
const distribution = (model: string, metric: 'Score' | 'Margin' | 'Entropy') =>
  ['p5', 'p25', 'p50', 'p75', 'p95'].map((percentile, i) =>
    variantMetric(model, metric, 'champion', percentile).with({ label: percentile, color: PLAIN[i] }),
  );

/** A graph whose width follows from the number of graphs in its row. */
type GraphOfWidth = (width: number) => IWidget;

const row = (graphs: readonly GraphOfWidth[]): IWidget[] => graphs.map((each) => each(WIDE / graphs.length));

function confidenceGraphs(model: string, severalClasses: boolean): GraphOfWidth[] {
  const of = (metric: 'Score' | 'Margin' | 'Entropy', unit: string): GraphOfWidth => {
    return (width) => graphWidget(`How sure is it? ${metric}`, distribution(model, metric), { unit, width });
  };
  const scores = of('Score', 'scores of the champion, by percentile');
  if (!severalClasses) return [scores];
  return [scores, of('Margin', 'first class less the second'), of('Entropy', '0 sure, 1 undecided')];
}

/** Most graphs of business metrics in a row. */
const IN_ROW = 3;

/** Rows of graphs, one graph for each business metric. */
function businessMetrics(model: string, business: NonNullable<DeployedModel['business']>): IWidget[][] {
  const graphs = business.map(({ name, unit }): GraphOfWidth => {
    const means = BOTH.map((variant) => variantMetric(model, `Business.${name}`, variant, 'Average'));
    const of = unit === undefined ? 'mean of a prediction' : `${unit}, mean of a prediction`;
    return (width) => graphWidget(`What is it worth? ${name}`, means, { unit: of, width });
  });
  return Array.from({ length: Math.ceil(graphs.length / IN_ROW) }, (_, i) =>
    row(graphs.slice(i * IN_ROW, (i + 1) * IN_ROW)),
  );
}
