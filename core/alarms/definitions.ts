import { needsKeys } from '../contract/personal.ts';
import { canBeWrong } from '../manifest/decision.ts';
import type { Manifest } from '../manifest/manifest.ts';
import { EnvironmentName, ModelName } from '../model/names.ts';
import { METRICS, type MetricName, variantDimensions } from '../observability/metric-names.ts';
import { Variant } from '../serving/variant.ts';
import type { AlarmDefinition } from './alarm.ts';
import { type ProducerSchedules, SCHEDULES } from './schedules.ts';

/** The share of wrong decisions at which an alarm goes off, when the manifest names none. */
export function errorThreshold(baselineErrorRate: number): number {
  // Twice the baseline's rate, but never past half of what is left: a model that is wrong 60 % of the time would
  // otherwise have an alarm that cannot go off.
  return Math.min(2 * baselineErrorRate, baselineErrorRate + (1 - baselineErrorRate) / 2);
}

/** A baseline without labels says nothing of errors: a decision that is no better than a coin is taken for wrong. */
const UNKNOWN_ERROR_RATE = 0.5;

/**
 * The alarms of a model, as data: plain alarms on one 0/1 metric of one variant; variants outlive versions, so an alarm
 * is made once and holds for every release. All of them wake the judge, and none tells anybody.
 *
 * @param environment name of the installation, whose metrics alone are looked at
 * @param baselineErrorRate share of wrong decisions on the reference, when it had labels
 * @param schedules how often the metrics of scheduled functions have new values: no period is shorter
 */
export function alarmsOf(
  manifest: Manifest,
  environment: string,
  baselineErrorRate?: number,
  schedules: ProducerSchedules = SCHEDULES,
): AlarmDefinition[] {
  const { monitoring } = manifest;
  const wrong =
    monitoring.maxErrorRate ??
    (baselineErrorRate === undefined ? UNKNOWN_ERROR_RATE : errorThreshold(baselineErrorRate));
  const alarm = (
    variant: Variant,
    metric: MetricName,
    threshold: number,
    rest: Pick<AlarmDefinition, 'statistic' | 'runbook'> & Partial<AlarmDefinition>,
  ): AlarmDefinition => ({
    name: `${alarmPrefix(environment, manifest.name)}${variant}.${metric}`,
    model: manifest.name,
    metric,
    dimensions: { ...variantDimensions(environment, manifest.name, variant), Variant: variant },
    periodSeconds: monitoring.periodSeconds,
    threshold,
    comparison: 'GreaterThanOrEqualToThreshold',
    datapointsToAlarm: Math.min(monitoring.datapointsToAlarm, monitoring.evaluationPeriods),
    evaluationPeriods: monitoring.evaluationPeriods,
    // No traffic and no labels are no sign of trouble.
    missingData: 'notBreaching',
    action: 'wake-judge',
    ...rest,
  });
  const rate = { statistic: 'Average' } as const;
  const atLeast = (seconds: number): number => wholePeriod(Math.max(seconds, monitoring.periodSeconds));
  const soon = { periodSeconds: atLeast(60), datapointsToAlarm: 1, evaluationPeriods: 1 };
  return (['champion', 'challenger'] as const).flatMap((variant) => [
    ...(manifest.decision && canBeWrong(manifest.decision)
      ? [
          alarm(variant, 'PredictionError', wrong, {
            ...rate,
            // Truths come in one burst a run of the join.
            periodSeconds: atLeast(schedules.groundTruth),
            runbook: 'wrong-decisions.md',
          }),
        ]
      : []),
    alarm(variant, 'Failure', monitoring.maxFailureRate, { ...rate, runbook: 'failures.md' }),
    alarm(variant, 'Latency', monitoring.maxLatencyMs, { statistic: 'p99', runbook: 'latency.md' }),
    alarm(variant, 'Violation', monitoring.maxViolationRate, { ...rate, runbook: 'contract-violations.md' }),
    alarm(variant, 'LoadFailure', 1, { ...soon, statistic: 'Maximum', runbook: 'load-failure.md' }),
    ...(variant === 'champion' && needsKeys(manifest.contract)
      ? [alarm(variant, 'PrivacyFailure', 1, { ...soon, statistic: 'Maximum', runbook: 'privacy-failure.md' })]
      : []),
    ...(variant === 'champion'
      ? [
          alarm(variant, 'StaleRelease', 1, { ...soon, statistic: 'Minimum', runbook: 'stale-release.md' }),
          alarm(variant, 'Drift', DRIFT_SHARE, {
            ...soon,
            periodSeconds: atLeast(Math.max(schedules.drift, 60 * monitoring.drift.everyMinutes)),
            statistic: 'Maximum',
            runbook: 'drift.md',
          }),
        ]
      : []),
  ]);
}

/** The length of a period as CloudWatch takes it: 10 and 30 seconds, and whole minutes. */
const wholePeriod = (seconds: number): number =>
  seconds === 10 || seconds === 30 ? seconds : 60 * Math.ceil(seconds / 60);

/** Share of drifted features from which retraining is asked for: one alone is for the report. */
const DRIFT_SHARE = 0.2;

/**
 * How the names of an environment's alarms begin; with a model, those of the model. Names hold no point, so that no
 * environment's prefix is that of another.
 */
export const alarmPrefix = (environment: string, model?: string): string =>
  `trimtab.${environment}.${model === undefined ? '' : `${model}.`}`;

/** What an alarm's name, which is what CloudWatch's events carry, says of it. */
export interface AlarmName {
  readonly environment: string;
  readonly model: string;
  readonly variant: Variant;
  readonly metric: MetricName;
}

/** Reads the name of a model's alarm; undefined for any other alarm. */
export function parseAlarmName(name: string): AlarmName | undefined {
  const [trimtab, environment, model, variant, metric = '', ...rest] = name.split('.');
  const role = Variant.safeParse(variant);
  if (trimtab !== 'trimtab' || rest.length > 0 || !role.success || !Object.hasOwn(METRICS, metric)) return undefined;
  if (!EnvironmentName.safeParse(environment).success || !ModelName.safeParse(model).success) return undefined;
  return { environment: environment!, model: model!, variant: role.data, metric: metric as MetricName };
}
