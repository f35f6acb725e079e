import type {
  AlarmDefinition,
  AlarmState,
  AlarmTransition,
  PageTransition,
  PagingAlarm,
} from '../core/alarms/alarm.ts';
import type { ProducerSchedules } from '../core/alarms/schedules.ts';
import type { Home } from '../platform/ports.ts';
import { AlarmEvaluator } from '../usecases/release/alarm-evaluator.ts';
import { deliver } from './deliver-event.ts';
import type { LocalFunction } from './functions.ts';

/**
 * Evaluates the alarms of all models, and calls the functions that are triggered by an alarm; what would page somebody on
 * AWS is a line.
 */
export class AlarmTriggers {
  readonly #evaluator: AlarmEvaluator;

  constructor(
    private readonly home: Home,
    private readonly functions: readonly LocalFunction[],
    private readonly log: (line: string) => void,
    schedules?: ProducerSchedules,
  ) {
    this.#evaluator = new AlarmEvaluator(home, schedules);
  }

  /** All transitions so far, oldest first. */
  get transitions(): readonly AlarmTransition[] {
    return this.#evaluator.transitions;
  }

  /** All transitions so far of the alarms that page, oldest first. */
  get pages(): readonly PageTransition[] {
    return this.#evaluator.pages;
  }

  /** Current states by alarm name; alarms that were never evaluated are absent. */
  get states(): ReadonlyMap<string, AlarmState> {
    return this.#evaluator.states;
  }

  /** Evaluates all alarms once, and waits for the functions that they trigger. */
  async evaluate(): Promise<void> {
    await this.#evaluator.evaluate({
      onAlarm: (definition, transition) => this.#trigger(definition, transition),
      onPage: (alarm, transition) => this.#page(alarm, transition),
    });
  }

  #page({ says, runbook }: PagingAlarm, { alarm, to, reason }: PageTransition): void {
    this.log(
      to === 'ALARM'
        ? `PAGE ${alarm}: ${says}; ${reason}; docs/runbook/${runbook}`
        : `page ${alarm} is over: ${reason}`,
    );
  }

  async #trigger({ name, action }: AlarmDefinition, transition: AlarmTransition): Promise<void> {
    this.log(`alarm ${name}: ${transition.reason}`);
    for (const { spec, alarmed } of this.functions)
      for (const trigger of spec.triggers)
        if (trigger.kind === 'alarm' && trigger.actions.includes(action) && alarmed)
          await deliver({
            store: this.home.data,
            function: { name: spec.name, run: alarmed },
            id: `${name}-${Date.parse(transition.at)}`,
            event: transition,
          });
  }
}
