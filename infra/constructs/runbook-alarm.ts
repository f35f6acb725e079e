import { createHash } from 'node:crypto';
import { ArnFormat, type Duration, Stack } from 'aws-cdk-lib';
import {
  Alarm,
  type CfnAlarm,
  ComparisonOperator,
  type IAlarm,
  type IMetric,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import type { Construct } from 'constructs';
import { runbookPage } from './runbook.ts';

/** Props of {@link RunbookAlarm}. */
export interface RunbookAlarmProps {
  /** What is watched. */
  readonly metric: IMetric;
  /** The value that it is held against. */
  readonly threshold: number;
  /** How it is held against the value. @default at or above it */
  readonly comparisonOperator?: ComparisonOperator;
  /** How many of the evaluated periods have to breach. @default all */
  readonly datapointsToAlarm?: number;
  /** What missing data are. @default they do not raise the alarm */
  readonly treatMissingData?: TreatMissingData;
  /** Whether anybody is told at all. @default true */
  readonly actionsEnabled?: boolean;
  /** What is wrong when the alarm is raised, for whoever is on call. */
  readonly says: string;
  /** Page of the runbook, such as `dead-letters.md`. */
  readonly runbook: string;
  /** Number of periods that are evaluated. @default 1 */
  readonly evaluationPeriods?: number;
  /** Name of the alarm. @default the name of the stack and the path in it */
  readonly alarmName?: string;
  /**
   * Whether whoever is on call is told: of `raised`, also of `all-clear`, or of `nothing`. @default raised
   */
  readonly tells?: 'raised' | 'all-clear' | 'nothing';
  /**
   * How long the alarm waits for first data after it was created, when missing data raises it. Data that comes earlier is
   * evaluated. @default not at all
   */
  readonly warmUp?: Duration;
}

/**
 * An alarm with a page of the runbook that says what to do. By default it is raised at or above its threshold, and missing
 * data does not raise it.
 *
 * @example
 * ```ts
 * import { RunbookAlarm } from 'trimtab';
 *
 * new RunbookAlarm(stack, 'Throttles', {
 *   metric: endpoint.function.metricThrottles(),
 *   threshold: 10,
 *   says: 'callers are throttled',
 *   runbook: 'throttles.md',
 * });
 * ```
 */
export class RunbookAlarm extends Alarm {
  /** Page of the runbook. */
  readonly runbook: string;
  /** Name of the alarm as plain text, not as a reference. */
  readonly plainName: string;
  /** What whoever is on call is told of. */
  readonly tells: 'raised' | 'all-clear' | 'nothing';

  constructor(scope: Construct, id: string, { says, runbook, tells = 'raised', warmUp, ...props }: RunbookAlarmProps) {
    const plainName = props.alarmName ?? nameOf(scope, id);
    super(scope, id, {
      evaluationPeriods: 1,
      comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      treatMissingData: TreatMissingData.NOT_BREACHING,
      ...props,
      alarmName: plainName,
      alarmDescription: `${says}; runbook: ${runbookPage(scope, runbook)}`,
    });
    if (warmUp !== undefined)
      // By its name in CloudFormation: older versions of the CDK do not know the property, and would leave it out.
      (this.node.defaultChild as CfnAlarm).addPropertyOverride('WarmUpConfiguration', {
        WarmUpPeriodDurationInMinutes: warmUp.toMinutes(),
      });
    this.runbook = runbook;
    this.tells = tells;
    this.plainName = plainName;
  }

  /** This alarm by its name, for another stack: no export and import couples the two stacks. */
  byName(scope: Construct): IAlarm {
    const stack = Stack.of(scope);
    const arn = stack.formatArn({
      service: 'cloudwatch',
      resource: 'alarm',
      resourceName: this.plainName,
      arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    });
    return Alarm.fromAlarmArn(scope, `${this.plainName}-by-name`, arn);
  }
}

/**
 * Readable default name: `Trimtab-prod-Serving-EndpointThrottles`. It does not begin with `trimtab.`, as alarms do
 * that trigger the rollback. One that would be too long, or that another alarm of the stack has, ends with a digest of the
 * path.
 */
function nameOf(scope: Construct, id: string): string {
  const stack = Stack.of(scope);
  const place = [...scope.node.scopes.slice(scope.node.scopes.indexOf(stack) + 1).map(({ node }) => node.id), id];
  const name = `${stack.stackName}-${place.join('')}`;
  const taken = NAMES.get(stack) ?? new Set<string>();
  NAMES.set(stack, taken);
  const unique = name.length > LONGEST_NAME || taken.has(name) ? withDigest(name, place) : name;
  taken.add(unique);
  return unique;
}

/** Names of alarms by stack. */
const NAMES = new WeakMap<Stack, Set<string>>();
/** What CloudWatch takes. */
const LONGEST_NAME = 255;

function withDigest(name: string, place: readonly string[]): string {
  const digest = createHash('sha256').update(place.join('/')).digest('hex').slice(0, 8);
  return `${name.slice(0, LONGEST_NAME - digest.length - 1)}-${digest}`;
}
