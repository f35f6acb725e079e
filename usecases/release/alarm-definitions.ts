import type { AlarmDefinition } from '../../core/alarms/alarm.ts';
import { alarmsOf } from '../../core/alarms/definitions.ts';
import type { ProducerSchedules } from '../../core/alarms/schedules.ts';
import type { ReleaseState } from '../../core/registry/ledger.ts';
import type { ModelVersion } from '../../core/registry/version.ts';
import type { Home } from '../../platform/ports.ts';
import { baselineOf } from '../registry/load-baseline.ts';

export interface Definitions {
  readonly definitions: AlarmDefinition[];
  readonly baselineErrorRate: number | undefined;
}

/** Former champions whose baselines are looked at, the last ones. */
const FORMER = 5;

/** Derives a model's alarms from the manifest of its champion and the baselines; none before its first release. */
export async function alarmDefinitions(
  home: Pick<Home, 'ledger' | 'artifacts' | 'metrics'>,
  model: string,
  schedules?: ProducerSchedules,
): Promise<Definitions> {
  const state = (await home.ledger.latest(model))?.state;
  return state === undefined
    ? { definitions: [], baselineErrorRate: undefined }
    : definitionsIn(home, model, state, schedules);
}

/** Derives the alarms of a release that was read. */
export async function definitionsIn(
  home: Pick<Home, 'ledger' | 'artifacts' | 'metrics'>,
  model: string,
  { champion, previous }: Pick<ReleaseState, 'champion' | 'previous'>,
  schedules?: ProducerSchedules,
): Promise<Definitions> {
  if (champion === null) return { definitions: [], baselineErrorRate: undefined };
  const former = previous.slice(-FORMER);
  const records = await Promise.all([champion, ...former].map((version) => home.ledger.version(model, version)));
  return definitionsOf(home, records[0], schedules, records.slice(1));
}

/**
 * Derives the alarms from a champion's manifest, and the lowest error rate of its baseline and those of former champions:
 * a version that is worse has no alarm that goes off later for it.
 */
export async function definitionsOf(
  home: Pick<Home, 'artifacts' | 'metrics'>,
  version: ModelVersion | undefined,
  schedules?: ProducerSchedules,
  former: readonly (ModelVersion | undefined)[] = [],
): Promise<Definitions> {
  if (!version) return { definitions: [], baselineErrorRate: undefined };
  const rates = await Promise.all(
    [version, ...former].map(async (each) => each && (await baselineOf(home, each))?.performance?.errorRate),
  );
  const known = rates.filter((rate) => rate !== undefined);
  const baselineErrorRate = known.length === 0 ? undefined : Math.min(...known);
  const definitions = alarmsOf(version.manifest, home.metrics.environment, baselineErrorRate, schedules);
  return { definitions, baselineErrorRate };
}
