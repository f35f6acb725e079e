import type { AlarmDefinition, EvaluatedWindow } from '../../core/alarms/alarm.ts';
import type { ProducerSchedules } from '../../core/alarms/schedules.ts';
import type { ReleaseState } from '../../core/registry/ledger.ts';
import type { Home } from '../../platform/ports.ts';
import { alarmDefinitions } from './alarm-definitions.ts';
import { alarmStates } from './alarm-state.ts';

/** Metrics that are made of log lines are late by so much at times. */
const LATE_MS = 120_000;

export interface AlarmsQuery {
  readonly model: string;
  readonly now: Date;
  readonly state: ReleaseState;
  /** How often what alarms look at is made, by which their periods are. @default as deployed */
  readonly schedules?: ProducerSchedules | undefined;
}

/** The alarms of a model that are up, and what was evaluated of each. */
export interface AlarmsUp {
  readonly up: readonly AlarmDefinition[];
  readonly evaluated: ReadonlyMap<string, EvaluatedWindow>;
  readonly baselineErrorRate: number | undefined;
  /** Share of wrong decisions that is usual: on the reference, else what the alarm lets pass. */
  readonly usualErrorRate: number | undefined;
}

/**
 * Evaluates a model's alarms for the judge: as of now, and as of two minutes ago, when what is late now is there. An
 * alarm whose periods are all shorter than metrics are late would never be seen to be up otherwise.
 */
export async function alarmsUp(
  home: Pick<Home, 'ledger' | 'artifacts' | 'metrics'>,
  { model, now, state, schedules }: AlarmsQuery,
): Promise<AlarmsUp> {
  const { definitions, baselineErrorRate } = await alarmDefinitions(home, model, schedules);
  const evaluated = new Map<string, EvaluatedWindow>();
  const moments = [now, new Date(now.getTime() - LATE_MS)];
  // A challenger that is not there has nothing that goes off.
  const watched = definitions.filter(
    ({ dimensions: { Variant } }) => Variant !== 'challenger' || state.challengers.length > 0,
  );
  await Promise.all(
    watched.map(async (definition) => {
      const found = (await alarmStates(home, definition, moments, 'OK')).find((each) => each.state === 'ALARM');
      if (found !== undefined) evaluated.set(definition.name, found.evaluated);
    }),
  );
  const usualErrorRate = baselineErrorRate ?? definitions.find(({ metric }) => metric === 'PredictionError')?.threshold;
  return { up: definitions.filter(({ name }) => evaluated.has(name)), evaluated, baselineErrorRate, usualErrorRate };
}
