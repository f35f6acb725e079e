import type { AlarmDefinition } from '../core/alarms/alarm.ts';
import { alarmsOf } from '../core/alarms/definitions.ts';
import type { Home } from '../platform/ports.ts';
import { baselineOf } from './baseline-of.ts';

/** The alarms of a model as its champion's manifest and baseline define them; none before its first release. */
export async function alarmDefinitions(
  home: Pick<Home, 'ledger' | 'artifacts'>,
  model: string,
): Promise<{ definitions: AlarmDefinition[]; baselineErrorRate: number | undefined }> {
  const champion = (await home.ledger.latest(model))?.state.champion ?? null;
  const version = champion === null ? undefined : await home.ledger.version(model, champion);
  if (!version) return { definitions: [], baselineErrorRate: undefined };
  const baselineErrorRate = (await baselineOf(home, version))?.performance?.errorRate;
  return { definitions: alarmsOf(version.manifest, baselineErrorRate), baselineErrorRate };
}
