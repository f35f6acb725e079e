import { describe, expect, it } from 'vitest';
import { type AlarmState, PagingAlarm } from '../../../core/alarms/alarm.ts';
import { alarmPrefix, parseAlarmName } from '../../../core/alarms/definitions.ts';
import { evaluate, periodsOf, stepOf } from '../../../core/alarms/evaluate.ts';
import { pagingAlarms } from '../../../core/alarms/paging.ts';

const MINUTE = 60_000;
const [needsPerson, heartbeat] = pagingAlarms('dev') as [PagingAlarm, PagingAlarm];

/**
 * States at each minute of an alarm on what the judge emits once a minute, which can be read so much later.
 *
 * @param emitted by the minute; undefined: no look
 */
function states(alarm: PagingAlarm, emitted: readonly (number | undefined)[], lateMs: number): AlarmState[] {
  let state: AlarmState = 'OK';
  return emitted.map((_, minute) => {
    const now = (minute + 1) * MINUTE;
    const points = emitted.flatMap((value, at) =>
      value === undefined || at * MINUTE + lateMs > now ? [] : [{ at: at * MINUTE, value }],
    );
    expect(stepOf(alarm)).toBe(MINUTE);
    state = evaluate(alarm, periodsOf(alarm, points, now), state).state;
    return state;
  });
}

const LATE = [0, 30_000, 60_000, 90_000, 120_000];
const repeat = (n: number, value: number | undefined) => Array.from({ length: n }, () => value);

describe('the alarms that page', () => {
  it('are one of each an environment, over all models, and wake nobody', () => {
    for (const alarm of [needsPerson, heartbeat]) {
      expect(PagingAlarm.safeParse(alarm).error).toBeUndefined();
      expect(alarm.dimensions).toEqual({ Environment: 'dev' });
      expect(parseAlarmName(alarm.name)).toBeUndefined();
      expect(alarm.name.startsWith(alarmPrefix('dev'))).toBe(false);
    }
  });

  it.each(LATE)('do not page while nothing is asked and the judge looks, metrics %i ms late', (late) => {
    const settled = 15;
    expect(new Set(states(needsPerson, repeat(120, 0), late))).toEqual(new Set(['OK']));
    expect(new Set(states(heartbeat, repeat(120, 1), late).slice(settled))).toEqual(new Set(['OK']));
  });

  it.each(LATE)('page once for what is asked now and then, and say so when it is over, metrics %i ms late', (late) => {
    const emitted = [
      ...repeat(30, 0),
      ...Array.from({ length: 60 }, (_, i) => (i % 7 === 0 ? 1 : 0)),
      ...repeat(40, 0),
    ];
    const seen = states(needsPerson, emitted, late);
    const changes = seen.filter((state, i) => i > 0 && state !== seen[i - 1]);
    expect(changes).toEqual(['ALARM', 'OK']);
    expect(seen.indexOf('ALARM') - 30).toBeLessThanOrEqual(late / MINUTE + 1);
  });

  it('keep what is asked while the judge does not look, and page for that within a quarter of an hour', () => {
    const asked = [...repeat(30, 0), ...repeat(10, 1), ...repeat(60, undefined)];
    expect(states(needsPerson, asked, 0).at(-1)).toBe('ALARM');
    const beats = [...repeat(30, 1), ...repeat(60, undefined)];
    const seen = states(heartbeat, beats, 0);
    expect(seen.findIndex((state, i) => i > 15 && state === 'ALARM') - 30).toBeLessThanOrEqual(14);
    // A look that failed at a model is none.
    expect(states(heartbeat, [...repeat(30, 1), ...repeat(30, 0)], 0).at(-1)).toBe('ALARM');
  });
});
