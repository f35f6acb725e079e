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
  /** Address of the dashboard of everything. */
  readonly overview: string;
}

const BOTH: readonly Variant[] = ['champion', 'challenger'];

/**
 * What a person on call reads from the top: which alarm is up; is it wrong, failing, slow, or behind the ledger; who
 * answers; and what does it see. The same variant has the same colour in every graph.
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
      graphWidget('Is it wrong?', by('Wrong', 'Average'), {
        unit: 'share of decisions',
        alarm: alarm('Wrong'),
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
    row(sureness(name, severalClasses)),
    ...worth(name, business),
  ];
}

/** A distribution over time, as percentiles: what moves is seen before the mean does. */
const distribution = (model: string, metric: 'Score' | 'Margin' | 'Entropy') =>
  ['p5', 'p25', 'p50', 'p75', 'p95'].map((percentile, i) =>
    variantMetric(model, metric, 'champion', percentile).with({ label: percentile, color: PLAIN[i] }),
  );

/** What a graph of a row is before it is known how wide it is. */
type Narrow = (width: number) => IWidget;

const row = (graphs: readonly Narrow[]): IWidget[] => graphs.map((each) => each(WIDE / graphs.length));

function sureness(model: string, severalClasses: boolean): Narrow[] {
  const of = (metric: 'Score' | 'Margin' | 'Entropy', unit: string): Narrow => {
    return (width) => graphWidget(`How sure is it? ${metric}`, distribution(model, metric), { unit, width });
  };
  const scores = of('Score', 'scores of the champion, by percentile');
  if (!severalClasses) return [scores];
  return [scores, of('Margin', 'first class less the second'), of('Entropy', '0 sure, 1 undecided')];
}

/** Graphs in a row of what predictions turn out to be worth. */
const IN_ROW = 3;

/** Rows of what predictions turn out to be worth, a graph a metric. */
function worth(model: string, business: NonNullable<DeployedModel['business']>): IWidget[][] {
  const graphs = business.map(({ name, unit }): Narrow => {
    const means = BOTH.map((variant) => variantMetric(model, `Business.${name}`, variant, 'Average'));
    const of = unit === undefined ? 'mean of a prediction' : `${unit}, mean of a prediction`;
    return (width) => graphWidget(`What is it worth? ${name}`, means, { unit: of, width });
  });
  return Array.from({ length: Math.ceil(graphs.length / IN_ROW) }, (_, i) =>
    row(graphs.slice(i * IN_ROW, (i + 1) * IN_ROW)),
  );
}
