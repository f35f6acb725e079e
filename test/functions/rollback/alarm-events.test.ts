import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { evaluatedWindow } from '../../../core/alarms/evaluated-window.ts';
import { AlarmStateChange } from '../../../events/schemas.ts';
import { transitionOf } from '../../../functions/rollback/handler.ts';

/** Events of the shapes that CloudWatch sends (Amazon CloudWatch User Guide, "Alarm events and EventBridge"). */
const recorded = (name: string) =>
  AlarmStateChange.parse(JSON.parse(readFileSync(`test/functions/rollback/recorded/${name}.json`, 'utf8')));

describe('events of CloudWatch', () => {
  it('say by what an alarm was evaluated: by its datapoints, else until it asked for them', () => {
    expect(transitionOf(recorded('one-metric'), 'dev')).toEqual({
      alarm: 'trimtab.dev.flight-delay.champion.Failure',
      model: 'flight-delay',
      from: 'OK',
      to: 'ALARM',
      at: '2019-10-02T17:04:40.989Z',
      reason: expect.stringContaining('Threshold Crossed'),
      evaluated: { from: '2019-10-02T16:59:00.000Z', to: '2019-10-02T17:04:40.985Z' },
    });
    const sample = AlarmStateChange.parse(JSON.parse(readFileSync('events/samples/alarm-state-change.json', 'utf8')));
    expect(transitionOf(sample, 'dev')?.evaluated).toEqual({
      from: '2026-11-12T09:18:00.000Z',
      to: '2026-11-12T09:20:00.000Z',
    });
  });

  it('are answered without it where an alarm was set by hand', () => {
    const transition = transitionOf(recorded('set-by-hand'), 'dev');
    expect(transition).toMatchObject({ to: 'ALARM', at: '2026-11-12T09:20:00.123Z' });
    expect(transition).not.toHaveProperty('evaluated');
  });

  it.each(['missing-data', 'needs-person'])('wake nobody: %s', (name) =>
    expect(transitionOf(recorded(name), 'dev')).toBeUndefined(),
  );
});

describe('evaluatedWindow', () => {
  it.each([
    ['nothing', undefined],
    ['no JSON', '{'],
    ['a list', '[]'],
    ['no times', '{"version":"1.0"}'],
    ['times that are none', '{"startDate":"soon","queryDate":"later"}'],
    ['an end before its begin', '{"startDate":"2026-01-02T00:00:00Z","queryDate":"2026-01-01T00:00:00Z"}'],
    ['a period of another type', '{"period":"60","startDate":"2026-01-01T00:00:00Z"}'],
  ])('makes nothing of %s', (_, text) => expect(evaluatedWindow(text)).toBeUndefined());
});
