import { ArnFormat, Stack } from 'aws-cdk-lib';
import { Alarm, type AlarmProps, ComparisonOperator, type IAlarm, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import type { Construct } from 'constructs';
import { runbookPage } from './runbook.ts';

/** What is watched, and what a person is told. */
export interface RunbookAlarmProps extends Omit<AlarmProps, 'alarmDescription' | 'evaluationPeriods'> {
  /** What is the matter when it goes off, for whoever is woken. */
  readonly says: string;
  /** Page of the runbook, such as `dead-letters.md`. */
  readonly runbook: string;
  /** Periods that are looked at. @default 1 */
  readonly evaluationPeriods?: number;
  /** Its name. @default the stack's name, and the place in it */
  readonly alarmName?: string;
}

/**
 * An alarm as all of them are here: on one metric, at or above its threshold unless said otherwise, silent where there
 * is no data unless said otherwise, and with a page of the runbook that says what to do.
 */
export class RunbookAlarm extends Alarm {
  /** Page of the runbook. */
  readonly runbook: string;
  /** Its name, known before it is deployed. */
  readonly plainName: string;

  constructor(scope: Construct, id: string, { says, runbook, ...props }: RunbookAlarmProps) {
    const plainName = props.alarmName ?? nameOf(scope, id);
    super(scope, id, {
      evaluationPeriods: 1,
      comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      treatMissingData: TreatMissingData.NOT_BREACHING,
      ...props,
      alarmName: plainName,
      alarmDescription: `${says}; runbook: ${runbookPage(scope, runbook)}`,
    });
    this.runbook = runbook;
    this.plainName = plainName;
  }

  /** This alarm as another stack may know it, without a reference between the two. */
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
 * What a person who is woken reads: `Trimtab-prod-Serving-EndpointThrottles`. It does not begin with `trimtab-`, so it
 * sets off no rollback.
 */
function nameOf(scope: Construct, id: string): string {
  const stack = Stack.of(scope);
  const place = [...scope.node.scopes.slice(scope.node.scopes.indexOf(stack) + 1).map(({ node }) => node.id), id];
  return `${stack.stackName}-${place.join('')}`;
}
