import { pagingAlarms } from '../../core/alarms/paging.ts';
import type { Home } from '../../platform/ports.ts';
import { alarmState } from './alarm-state.ts';
import type { PagingView } from './status-view.ts';

/** The alarms that page, as they are by the metrics: also where nothing evaluates them all the time. */
export async function pagingStates(home: Pick<Home, 'metrics'>, now: Date): Promise<{ alarms: PagingView[] }> {
  const alarms = await Promise.all(
    pagingAlarms(home.metrics.environment).map(async (alarm): Promise<PagingView> => {
      const { state, reason } = await alarmState(home, alarm, now, 'OK');
      return { alarm: alarm.name, state, reason };
    }),
  );
  return { alarms };
}
