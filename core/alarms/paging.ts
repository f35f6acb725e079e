import { BOOKKEEPING_METRIC, type JUDGE_METRICS } from '../observability/metric-names.ts';
import type { PagingAlarm } from './alarm.ts';
import { type ProducerSchedules, SCHEDULES } from './schedules.ts';

/** So many looks without a question, and all is well again: what comes and goes is one page. */
const QUIET_LOOKS = 15;
/** Two of these without a look of the judge are silence. Longer than metrics are late, so that lateness is none. */
const HEARTBEAT_SECONDS = 180;
/** For so many of these, a judge that has just begun may not have looked. */
const WARM_UP_BEATS = 3;
/** How long that is on the usual schedule. */
export const JUDGE_WARM_UP_SECONDS = WARM_UP_BEATS * HEARTBEAT_SECONDS;

/**
 * The alarms that page whoever is on call. There is one of each in an environment, over all its models, so that a model
 * that is registered later is covered without a deployment.
 */
export function pagingAlarms(environment: string, { judge }: ProducerSchedules = SCHEDULES): PagingAlarm[] {
  const look = Math.max(60, 60 * Math.ceil(judge / 60));
  const beat = Math.max(HEARTBEAT_SECONDS, 2 * look);
  const common = {
    dimensions: { Environment: environment },
    statistic: 'Maximum',
    threshold: 1,
    action: 'page',
  } as const;
  return [
    {
      ...common,
      name: pagingAlarmName(environment, 'NeedsPerson'),
      metric: 'NeedsPerson' satisfies keyof typeof JUDGE_METRICS,
      periodSeconds: look,
      comparison: 'GreaterThanOrEqualToThreshold',
      datapointsToAlarm: 1,
      evaluationPeriods: QUIET_LOOKS,
      // Without a look nothing is known: the heartbeat says that.
      missingData: 'ignore',
      says: 'the judge of releases asks for a person: `trimtab status` says about which model, and why',
      runbook: 'needs-person.md',
      warmUpSeconds: 0,
    },
    {
      ...common,
      name: pagingAlarmName(environment, 'JudgeHeartbeat'),
      metric: 'JudgeHeartbeat' satisfies keyof typeof JUDGE_METRICS,
      periodSeconds: beat,
      comparison: 'LessThanThreshold',
      datapointsToAlarm: 2,
      evaluationPeriods: 2,
      missingData: 'breaching',
      says: 'the judge does not look at releases, or cannot judge one of them: nothing is taken back by itself',
      runbook: 'judge-silent.md',
      // Its schedule begins with the deployment that makes the alarm.
      warmUpSeconds: WARM_UP_BEATS * beat,
    },
    {
      ...common,
      name: pagingAlarmName(environment, BOOKKEEPING_METRIC),
      metric: BOOKKEEPING_METRIC,
      periodSeconds: 60,
      comparison: 'GreaterThanOrEqualToThreshold',
      datapointsToAlarm: 1,
      // What cannot be written is tried again all the time: one page for as long as it lasts.
      evaluationPeriods: 5,
      missingData: 'notBreaching',
      says: 'metrics, captures or truths cannot be written down, while requests are answered: `trimtab doctor` says since when and why',
      runbook: 'bookkeeping.md',
      warmUpSeconds: 0,
    },
  ];
}

/**
 * Name of an alarm that pages. It does not begin as those of models do, which wake the judge: this one is what the judge
 * says.
 */
const pagingAlarmName = (environment: string, metric: string): string => `Trimtab-${environment}-${metric}`;
