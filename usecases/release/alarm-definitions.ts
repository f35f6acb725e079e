import type { AlarmDefinition } from '../../core/alarms/alarm.ts';
import { alarmsOf } from '../../core/alarms/definitions.ts';
import type { ProducerSchedules } from '../../core/alarms/schedules.ts';
import type { ModelVersion } from '../../core/registry/version.ts';
import type { Home } from '../../platform/ports.ts';
import { baselineOf } from '../registry/load-baseline.ts';

export interface Definitions {
  readonly definitions: AlarmDefinition[];
  readonly baselineErrorRate: number | undefined;
}

/** Derives a model's alarms from the manifest and the baseline of its champion; none before its first release. */
export async function alarmDefinitions(
  home: Pick<Home, 'ledger' | 'artifacts' | 'metrics'>,
  model: string,
  schedules?: ProducerSchedules,
): Promise<Definitions> {
  const champion = (await home.ledger.latest(model))?.state.champion ?? null;
  return definitionsOf(home, champion === null ? undefined : await home.ledger.version(model, champion), schedules);
}

/** Derives the alarms from a champion's manifest and baseline. */
export async function definitionsOf(
  home: Pick<Home, 'artifacts' | 'metrics'>,
  version: ModelVersion | undefined,
  schedules?: ProducerSchedules,
): Promise<Definitions> {
  if (!version) return { definitions: [], baselineErrorRate: undefined };
  const baselineErrorRate = (await baselineOf(home, version))?.performance?.errorRate;
  const definitions = alarmsOf(version.manifest, home.metrics.environment, baselineErrorRate, schedules);
  return { definitions, baselineErrorRate };
}
