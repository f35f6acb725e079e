import type {
  AlarmDefinition,
  AlarmState,
  AlarmTransition,
  PageTransition,
  PagingAlarm,
} from '../../core/alarms/alarm.ts';
import { pagingAlarms } from '../../core/alarms/paging.ts';
import type { ProducerSchedules } from '../../core/alarms/schedules.ts';
import type { Home } from '../../platform/ports.ts';
import { alarmDefinitions } from './alarm-definitions.ts';
import { alarmState, type WindowEvaluation } from './alarm-state.ts';

/** Who is told of changes of alarms; waited for before the next alarm is evaluated. */
export interface AlarmListeners {
  /** A model's alarm has gone into ALARM. */
  readonly onAlarm: (definition: AlarmDefinition, transition: AlarmTransition) => Promise<void>;
  /** An alarm that pages has gone into ALARM, or from there to OK. */
  readonly onPage?: (alarm: PagingAlarm, transition: PageTransition) => void;
}

/** Evaluates the alarms of all models, and those that page, as CloudWatch does, and remembers their states. */
export class AlarmEvaluator {
  readonly #states = new Map<string, AlarmState>();
  readonly #transitions: AlarmTransition[] = [];
  readonly #pages: PageTransition[] = [];
  #created: Date | undefined;

  /** @param schedules how often scheduled functions run here */
  constructor(
    private readonly home: Pick<Home, 'ledger' | 'artifacts' | 'metrics' | 'clock'>,
    private readonly schedules?: ProducerSchedules,
  ) {}

  /** All transitions of models' alarms so far, oldest first. */
  get transitions(): readonly AlarmTransition[] {
    return this.#transitions;
  }

  /** All transitions so far of the alarms that page, oldest first. */
  get pages(): readonly PageTransition[] {
    return this.#pages;
  }

  /** Current states by alarm name; alarms that were never evaluated are absent. */
  get states(): ReadonlyMap<string, AlarmState> {
    return this.#states;
  }

  /** Evaluates all alarms once. */
  async evaluate({ onAlarm, onPage }: AlarmListeners): Promise<void> {
    this.#created ??= this.home.clock.now();
    for (const model of await this.home.ledger.models()) {
      const { definitions } = await alarmDefinitions(this.home, model, this.schedules);
      for (const definition of definitions) {
        const found = await this.#evaluateOne(definition);
        if (found === undefined) continue;
        const { evaluated, ...change } = found;
        const transition: AlarmTransition = { ...change, model, evaluated };
        this.#transitions.push(transition);
        if (transition.to === 'ALARM') await onAlarm(definition, transition);
      }
    }
    for (const alarm of pagingAlarms(this.home.metrics.environment, this.schedules)) {
      const found = await this.#evaluateOne(alarm);
      if (found === undefined) continue;
      const { evaluated: _, ...transition } = found;
      this.#pages.push(transition);
      if (transition.to === 'ALARM' || transition.from === 'ALARM') onPage?.(alarm, transition);
    }
  }

  async #evaluateOne(
    definition: AlarmDefinition | PagingAlarm,
  ): Promise<(PageTransition & Pick<WindowEvaluation, 'evaluated'>) | undefined> {
    const { name: alarm } = definition;
    const now = this.home.clock.now();
    const from = this.#states.get(alarm) ?? 'INSUFFICIENT_DATA';
    const { state: to, reason, evaluated } = await alarmState(this.home, definition, now, from);
    if (to === from || this.#waitsForData(definition, to, now)) return undefined;
    this.#states.set(alarm, to);
    return { alarm, from, to, at: now.toISOString(), reason, evaluated };
  }

  /** An alarm that is new has nothing to say of data that has not come yet. */
  #waitsForData(definition: AlarmDefinition | PagingAlarm, to: AlarmState, now: Date): boolean {
    if (!('warmUpSeconds' in definition) || this.#states.has(definition.name) || to !== 'ALARM') return false;
    return now.getTime() - this.#created!.getTime() < 1_000 * definition.warmUpSeconds;
  }
}
