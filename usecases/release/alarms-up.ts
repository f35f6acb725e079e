import type { AlarmDefinition } from '../../core/alarms/alarm.ts';
import type { Home } from '../../platform/ports.ts';
import { alarmDefinitions } from './alarm-definitions.ts';
import { alarmState } from './alarm-state.ts';

/** Alarms of a model that wake the judge and are up, by the metrics. */
export async function alarmsUp(
  home: Pick<Home, 'ledger' | 'artifacts' | 'metrics'>,
  model: string,
  now: Date,
): Promise<{ up: AlarmDefinition[]; baselineErrorRate: number | undefined }> {
  const { definitions, baselineErrorRate } = await alarmDefinitions(home, model);
  const waking = definitions.filter(({ action }) => action !== 'notify');
  const states = await Promise.all(waking.map((definition) => alarmState(home, definition, now, 'OK')));
  return { up: waking.filter((_, i) => states[i]!.state === 'ALARM'), baselineErrorRate };
}
