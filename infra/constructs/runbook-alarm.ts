import { Lazy } from 'aws-cdk-lib';
import { Alarm, type AlarmProps, ComparisonOperator, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
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
}

/**
 * An alarm as all of them are here: on one metric, at or above its threshold unless said otherwise, silent where there
 * is no data unless said otherwise, and with a page of the runbook that says what to do.
 */
export class RunbookAlarm extends Alarm {
  /** Page of the runbook. */
  readonly runbook: string;

  constructor(scope: Construct, id: string, { says, runbook, ...props }: RunbookAlarmProps) {
    super(scope, id, {
      evaluationPeriods: 1,
      comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      treatMissingData: TreatMissingData.NOT_BREACHING,
      ...props,
      // The address may be set after the alarm is made.
      alarmDescription: Lazy.string({ produce: () => `${says}; runbook: ${runbookPage(this, runbook)}` }),
    });
    this.runbook = runbook;
  }
}
