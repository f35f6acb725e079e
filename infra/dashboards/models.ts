import { Duration } from 'aws-cdk-lib';
import {
  DashboardVariable,
  DefaultValue,
  type IMetric,
  type IWidget,
  MathExpression,
  Values,
  VariableInputType,
  VariableType,
} from 'aws-cdk-lib/aws-cloudwatch';
import { type JUDGE_METRICS, NAMESPACE } from '../../core/observability/metric-names.ts';
import { graphWidget } from './widgets.ts';

const MINUTE = { period: Duration.minutes(1) };

/** What stands for the name of the model that is chosen. Names of models hold neither capitals nor underscores. */
export const CHOSEN_MODEL = 'CHOSEN_MODEL';

/**
 * The choice of a model, of all that are registered: the judge says of each, every minute, whether it asks a person. A
 * model that is registered later is among them without a deployment.
 */
export const modelChoice = (environment: string): DashboardVariable =>
  new DashboardVariable({
    id: 'model',
    label: 'Model',
    type: VariableType.PATTERN,
    inputType: VariableInputType.SELECT,
    value: CHOSEN_MODEL,
    values: Values.fromSearch(ofModels('NeedsPerson', environment), 'Model'),
    defaultValue: DefaultValue.FIRST,
  });

/** Names each series that a search finds by its model. */
// biome-ignore lint/suspicious/noTemplateCurlyInString: CloudWatch fills it in
const BY_MODEL = "${PROP('Dim.Model')}";

/** What a search finds the series of all models by. */
const ofModels = (metric: keyof typeof JUDGE_METRICS, environment: string): string =>
  `{${NAMESPACE},Environment,Model} MetricName="${metric}" Environment="${environment}"`;

/** Series are searched for: a model that is registered later is there without a deployment. */
export function championGraphs(environment: string): IWidget[] {
  const each = (metric: 'PredictionError' | 'Rows' | 'Drift', statistic: string): IMetric[] => [
    new MathExpression({
      expression: `SEARCH('{${NAMESPACE},Environment,Model,Variant} MetricName="${metric}" Environment="${environment}" Variant="champion"', '${statistic}', 60)`,
      usingMetrics: {},
      label: BY_MODEL,
      ...MINUTE,
    }),
  ];
  return [
    graphWidget('Champions: wrong decisions', each('PredictionError', 'Average'), { unit: 'share', width: 8 }),
    graphWidget('Champions: rows answered', each('Rows', 'Sum'), { unit: 'a minute', stacked: true, width: 8 }),
    graphWidget('Champions: drifted features', each('Drift', 'Maximum'), { unit: 'share', width: 8 }),
  ];
}

/** @param looks how often the judge has looked */
export function judgeGraphs(environment: string, looks: IMetric): IWidget[] {
  const asked = new MathExpression({
    expression: `SEARCH('${ofModels('NeedsPerson', environment)}', 'Maximum', 60)`,
    usingMetrics: {},
    label: BY_MODEL,
    period: Duration.minutes(1),
  });
  return [
    graphWidget('Does a model need a person?', [asked], { unit: '0 or 1', max: 1, width: 12 }),
    graphWidget('Does the judge look?', [looks], { unit: 'a minute', width: 12 }),
  ];
}
