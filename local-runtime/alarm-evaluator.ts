import type { AlarmDefinition, AlarmState, AlarmTransition } from '../core/alarms/alarm.ts';
import type { Home } from '../platform/ports.ts';
import { alarmDefinitions } from '../usecases/release/alarm-definitions.ts';
import { alarmState } from '../usecases/release/alarm-state.ts';
import { deliver } from './deliver-event.ts';
import type { LocalFunction } from './functions.ts';

/** Evaluates the alarms of all models as CloudWatch does, and calls the functions that are triggered by an alarm. */
export class AlarmEvaluator {
  readonly #states = new Map<string, AlarmState>();
  readonly #transitions: AlarmTransition[] = [];

  constructor(
    private readonly home: Home,
    private readonly functions: readonly LocalFunction[],
    private readonly log: (line: string) => void,
  ) {}

  /** All transitions so far, oldest first. */
  get transitions(): readonly AlarmTransition[] {
    return this.#transitions;
  }

  /** Current states by alarm name; alarms that were never evaluated are absent. */
  get states(): ReadonlyMap<string, AlarmState> {
    return this.#states;
  }

  /** Evaluates all alarms once, and waits for the functions that they trigger. */
  async evaluate(): Promise<void> {
    for (const model of await this.home.ledger.models()) {
      const { definitions } = await alarmDefinitions(this.home, model);
      for (const definition of definitions) await this.#evaluateOne(definition);
    }
  }

  async #evaluateOne(definition: AlarmDefinition): Promise<void> {
    const now = this.home.clock.now();
    const from = this.#states.get(definition.name) ?? 'INSUFFICIENT_DATA';
    const { state: to, reason } = await alarmState(this.home, definition, now, from);
    if (to === from) return;
    this.#states.set(definition.name, to);
    const transition: AlarmTransition = {
      alarm: definition.name,
      model: definition.model,
      from,
      to,
      at: now.toISOString(),
      reason,
    };
    this.#transitions.push(transition);
    if (to !== 'ALARM') return;
    this.log(`alarm ${definition.name}: ${reason}`);
    for (const { spec, alarmed } of this.functions)
      for (const trigger of spec.triggers)
        if (trigger.kind === 'alarm' && trigger.actions.includes(definition.action) && alarmed)
          await deliver({
            store: this.home.data,
            function: { name: spec.name, run: alarmed },
            id: `${definition.name}-${now.getTime()}`,
            event: transition,
          });
  }
}
