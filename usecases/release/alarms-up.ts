import type { AlarmDefinition, EvaluatedWindow } from '../../core/alarms/alarm.ts';
import type { Home } from '../../platform/ports.ts';
import { alarmDefinitions } from './alarm-definitions.ts';
import { alarmState } from './alarm-state.ts';

/** Metrics that are made of log lines are late by so much at times. */
const LATE_MS = 120_000;

/** The alarms of a model that are up, and what was evaluated of each. */
export interface AlarmsUp {
  readonly up: readonly AlarmDefinition[];
  readonly evaluated: ReadonlyMap<string, EvaluatedWindow>;
  readonly baselineErrorRate: number | undefined;
}

/**
 * Evaluates a model's alarms for the judge: as of now, and as of two minutes ago, when what is late now is there. An
 * alarm whose periods are all shorter than metrics are late would never be seen to be up otherwise.
 */
export async function alarmsUp(
  home: Pick<Home, 'ledger' | 'artifacts' | 'metrics'>,
  model: string,
  now: Date,
): Promise<AlarmsUp> {
  const { definitions, baselineErrorRate } = await alarmDefinitions(home, model);
  const evaluated = new Map<string, EvaluatedWindow>();
  await Promise.all(
    definitions.map(async (definition) => {
      for (const at of [now, new Date(now.getTime() - LATE_MS)]) {
        const found = await alarmState(home, definition, at, 'OK');
        if (found.state !== 'ALARM') continue;
        evaluated.set(definition.name, found.evaluated);
        return;
      }
    }),
  );
  return { up: definitions.filter(({ name }) => evaluated.has(name)), evaluated, baselineErrorRate };
}
