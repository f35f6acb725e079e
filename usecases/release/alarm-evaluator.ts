import type { AlarmDefinition, AlarmState, AlarmTransition } from '../../core/alarms/alarm.ts';
import type { Home } from '../../platform/ports.ts';
import { alarmDefinitions } from './alarm-definitions.ts';
import { alarmState } from './alarm-state.ts';

/** Evaluates the alarms of all models as CloudWatch does, and remembers their states. */
export class AlarmEvaluator {
  readonly #states = new Map<string, AlarmState>();
  readonly #transitions: AlarmTransition[] = [];

  constructor(private readonly home: Pick<Home, 'ledger' | 'artifacts' | 'metrics' | 'clock'>) {}

  /** All transitions so far, oldest first. */
  get transitions(): readonly AlarmTransition[] {
    return this.#transitions;
  }

  /** Current states by alarm name; alarms that were never evaluated are absent. */
  get states(): ReadonlyMap<string, AlarmState> {
    return this.#states;
  }

  /**
   * Evaluates all alarms once.
   *
   * @param onAlarm told of each transition into ALARM, and waited for before the next alarm is evaluated
   */
  async evaluate(onAlarm: (definition: AlarmDefinition, transition: AlarmTransition) => Promise<void>): Promise<void> {
    for (const model of await this.home.ledger.models()) {
      const { definitions } = await alarmDefinitions(this.home, model);
      for (const definition of definitions) {
        const transition = await this.#evaluateOne(definition);
        if (transition?.to === 'ALARM') await onAlarm(definition, transition);
      }
    }
  }

  async #evaluateOne(definition: AlarmDefinition): Promise<AlarmTransition | undefined> {
    const { name: alarm, model } = definition;
    const now = this.home.clock.now();
    const from = this.#states.get(alarm) ?? 'INSUFFICIENT_DATA';
    const { state: to, reason } = await alarmState(this.home, definition, now, from);
    if (to === from) return undefined;
    this.#states.set(alarm, to);
    const transition: AlarmTransition = { alarm, model, from, to, at: now.toISOString(), reason };
    this.#transitions.push(transition);
    return transition;
  }
}
