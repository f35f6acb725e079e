import { LIMITS, type LimitRange } from './limits.ts';

/** Limits of the provisioned concurrency from a point in time. */
export interface ProvisionedSchedule {
  /** Cron expression of Application Auto Scaling, such as `cron(0 7 ? * MON-FRI *)`. */
  readonly cron: string;
  /** IANA time zone of the expression. @default UTC */
  readonly timeZone?: string;
  /** Lower limit from then on. */
  readonly min: number;
  /** Upper limit from then on. */
  readonly max: number;
}

/** Execution environments that are kept ready, scaled by their utilization. */
export interface ProvisionedConcurrency {
  /** Lower limit, with which a deployment starts. At least 1. */
  readonly min: number;
  /** Upper limit. */
  readonly max: number;
  /** Target utilization, 0.1 to 0.9. @default 0.7 */
  readonly targetUtilization?: number;
  /** Other limits at certain times, such as working hours. @default the same limits at all times */
  readonly schedule?: readonly ProvisionedSchedule[];
}

/** Scaling settings of an endpoint; absent ones have their defaults. */
export interface EndpointScaling {
  readonly memoryMb?: number | undefined;
  readonly temporaryMb?: number | undefined;
  readonly timeoutSeconds?: number | undefined;
  readonly reservedConcurrency?: number | undefined;
  readonly provisionedConcurrency?: ProvisionedConcurrency | undefined;
  readonly rateLimit?: number | undefined;
  /** Whether new code gets only a part of the traffic first. */
  readonly gradual?: boolean | undefined;
}

/** Scaling settings of the validation; absent ones have their defaults. */
export interface ValidationScaling {
  readonly memoryMb?: number | undefined;
  readonly temporaryMb?: number | undefined;
  readonly reservedConcurrency?: number | undefined;
  readonly maxConcurrency?: number | undefined;
}

/** Messages about invalid settings of an endpoint, and invalid combinations; empty when all are valid. */
export function endpointProblems(scaling: EndpointScaling): string[] {
  const { reservedConcurrency: reserved, provisionedConcurrency: provisioned } = scaling;
  return [
    ...within('memoryMb', scaling.memoryMb, LIMITS.memoryMb),
    ...within('temporaryMb', scaling.temporaryMb, LIMITS.temporaryMb),
    ...within('timeout', scaling.timeoutSeconds, LIMITS.endpointTimeoutSeconds, {
      note: ' s, for an HTTP API waits 30',
    }),
    ...within('reservedConcurrency', reserved, LIMITS.reservedConcurrency),
    ...within('rateLimit', scaling.rateLimit, LIMITS.rateLimit),
    ...(provisioned === undefined ? [] : provisionedProblems(provisioned, reserved)),
    ...(provisioned !== undefined && scaling.gradual === true
      ? [
          'provisionedConcurrency does not go together with a gradual code deployment: an alias that has weights takes no provisioned concurrency, use ALL_AT_ONCE',
        ]
      : []),
  ];
}

function provisionedProblems(provisioned: ProvisionedConcurrency, reserved: number | undefined): string[] {
  const ends = [
    { at: 'provisionedConcurrency', ...provisioned },
    ...(provisioned.schedule ?? []).map((s, i) => ({ at: `provisionedConcurrency.schedule[${i}]`, ...s })),
  ];
  return [
    ...within('provisionedConcurrency.targetUtilization', provisioned.targetUtilization, LIMITS.targetUtilization, {
      whole: false,
    }),
    ...ends.flatMap(({ at, min, max }) => [
      ...within(`${at}.min`, min, LIMITS.provisionedConcurrency),
      ...within(`${at}.max`, max, LIMITS.provisionedConcurrency),
      ...(min > max ? [`${at}.min is at most its max ${max}, received ${min}`] : []),
      ...(reserved !== undefined && max > reserved
        ? [`${at}.max is at most reservedConcurrency ${reserved}, received ${max}`]
        : []),
    ]),
    ...(provisioned.schedule ?? []).flatMap(({ cron }, i) =>
      !/^cron\(\S+( \S+){5}\)$/.test(cron)
        ? [`provisionedConcurrency.schedule[${i}].cron is cron(minute hour day month weekday year), received '${cron}'`]
        : [],
    ),
  ];
}

/** Messages about invalid settings of a validation, and invalid combinations; empty when all are valid. */
export function validationProblems(scaling: ValidationScaling): string[] {
  const { reservedConcurrency: reserved, maxConcurrency } = scaling;
  return [
    ...within('memoryMb', scaling.memoryMb, LIMITS.validationMemoryMb),
    ...within('temporaryMb', scaling.temporaryMb, LIMITS.temporaryMb),
    ...within('reservedConcurrency', reserved, LIMITS.reservedConcurrency),
    ...within('maxConcurrency', maxConcurrency, LIMITS.queueConcurrency),
    ...(reserved !== undefined && maxConcurrency !== undefined && maxConcurrency > reserved
      ? [
          `maxConcurrency is at most reservedConcurrency ${reserved}, received ${maxConcurrency}: the queue would be throttled, and files would end among the dead letters unread`,
        ]
      : []),
  ];
}

/** Messages about invalid executions that are kept for what takes releases back; empty when they are valid. */
export function keptProblems({ reservedConcurrency }: { readonly reservedConcurrency?: number | undefined }): string[] {
  return within('reservedConcurrency', reservedConcurrency, LIMITS.keptExecutions);
}

interface RangeOptions {
  /** What follows the range in the message, such as its unit. @default nothing */
  readonly note?: string;
  /** Whether only whole numbers are allowed. @default true */
  readonly whole?: boolean;
}

/** What is wrong with a setting that must lie in a range; nothing when it is absent. */
function within(
  name: string,
  value: number | undefined,
  { min, max }: LimitRange,
  { note = '', whole = true }: RangeOptions = {},
): string[] {
  if (value === undefined) return [];
  if (value >= min && value <= max && (!whole || Number.isInteger(value))) return [];
  const number = (n: number): string => n.toLocaleString('en-US');
  return [`${name} is ${whole ? 'a whole number of ' : ''}${number(min)} to ${number(max)}${note}, received ${value}`];
}
