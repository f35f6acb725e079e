import type { AlarmDefinition, AlarmTransition } from '../../core/alarms/alarm.ts';
import type { ProducerSchedules } from '../../core/alarms/schedules.ts';
import type { Command } from '../../core/registry/commands.ts';
import { ReleaseRefusedError } from '../../core/registry/errors.ts';
import type { Entry } from '../../core/registry/ledger.ts';
import type { ScenarioEvent } from '../../core/simulation/event.ts';
import type { PlayedRun } from '../../core/simulation/run.ts';
import type { Scenario } from '../../core/simulation/scenario.ts';
import { TrafficModel } from '../../core/simulation/traffic-model.ts';
import { suspectOf } from '../../core/simulation/versions.ts';
import type { EndpointProbe, Home } from '../../platform/ports.ts';
import { openSimulatedHome } from '../../platform/simulated/home.ts';
import { Registry } from '../registry/registry.ts';
import { advanceRollouts } from '../release/advance-rollouts.ts';
import { AlarmEvaluator } from '../release/alarm-evaluator.ts';
import { rollBack } from '../release/roll-back.ts';
import { type Publisher, simulatedPublisher } from './publisher.ts';
import { PERSON, registerVersions } from './register-versions.ts';
import { SimulatedDrift } from './simulated-drift.ts';
import { SimulatedTraffic } from './simulated-traffic.ts';
import { Timeline } from './timeline.ts';

/** How functions are set off, as their triggers say; seconds between runs. */
export interface Schedules {
  readonly advance: number;
  readonly truth: number;
  readonly drift: number;
  /** Actions of alarms that set the rollback function off. */
  readonly rollbackActions: readonly AlarmDefinition['action'][];
}

/** Time 0: a Monday, at midnight. */
export const START_MS = Date.parse('2026-01-05T00:00:00.000Z');
const msOf = (t: number): number => START_MS + t * 1_000;
const isoOf = (t: number): string => new Date(msOf(t)).toISOString();

/** Traffic before time 0, unless the scenario says so. */
const DEFAULT_WARM_UP = 3_600;
/** Whether a rollback is followed is looked at once: the clock stands meanwhile, so the next scheduled look takes over. */
const ONE_LOOK = { waitSeconds: 0 };

/** An event that is due, in the order of time. */
interface DueEvent {
  readonly at: number;
  readonly event: ScenarioEvent;
}

/**
 * Plays a scenario once: the program's own use cases in a simulated home, set off as they are anywhere else, over a
 * traffic that is drawn.
 */
export async function play(
  scenario: Scenario,
  seed: number,
  schedules: Schedules,
  open: (start: number) => Stage = (start) => simulatedStage(scenario, start),
): Promise<PlayedRun> {
  return new Simulation(scenario, seed, schedules, open).run();
}

/** Where a scenario is played: a home whose clock is set, and what carries metrics into it. */
export interface Stage {
  readonly home: Home;
  readonly publisher: Publisher;
  /** @param ms milliseconds since 1970 */
  readonly setClock: (ms: number) => void;
}

function simulatedStage({ ingestionDelay, model }: Scenario, start: number): Stage {
  const home = openSimulatedHome(start, ingestionDelay);
  return {
    home,
    publisher: simulatedPublisher(home, model.name, msOf),
    setClock: (ms) => home.clock.set(ms),
  };
}

class Simulation {
  readonly #home: Home;
  readonly #setClock: Stage['setClock'];
  readonly #resolution: number;
  readonly #every: {
    readonly alarms: number;
    readonly advance: number;
    readonly truth: number;
    readonly drift: number;
  };
  readonly #traffic: SimulatedTraffic;
  readonly #model: TrafficModel;
  readonly #timeline: Timeline;
  readonly #suspect: number | undefined;
  readonly #alarms: AlarmEvaluator;
  readonly #drift: SimulatedDrift;
  readonly #look: typeof ONE_LOOK & { readonly schedules: ProducerSchedules };
  readonly #probe: EndpointProbe;
  /** Whatever happens at regular times, happens at multiples of these. */
  readonly #ticks: readonly number[];
  #events: DueEvent[];
  #now: number;
  /** Entries that have been written down. */
  #seen = 0;

  constructor(
    private readonly scenario: Scenario,
    private readonly seed: number,
    private readonly schedules: Schedules,
    open: (start: number) => Stage,
  ) {
    const { periodSeconds } = scenario.model.monitoring;
    const fine = periodSeconds < 60;
    this.#resolution = scenario.resolution ?? (fine ? 1 : 10);
    this.#every = {
      alarms: scenario.schedules.alarms ?? (fine ? 10 : 60),
      advance: scenario.schedules.advance ?? schedules.advance,
      truth: scenario.schedules.truth ?? schedules.truth,
      drift: scenario.schedules.drift ?? schedules.drift,
    };
    this.#ticks = [...new Set([this.#resolution, ...Object.values(this.#every)])];
    this.#events = eventsOf(scenario);
    this.#now = Math.min(0, ...this.#events.map(({ at }) => at));
    const { home, publisher, setClock } = open(msOf(this.#now));
    this.#home = home;
    this.#setClock = setClock;
    this.#model = new TrafficModel(scenario, seed, this.#resolution);
    this.#traffic = new SimulatedTraffic(scenario, this.#model, publisher, isoOf);
    this.#suspect = this.#numberOf(suspectOf(scenario));
    this.#timeline = new Timeline(this.#suspect, this.#traffic.totals);
    const { truth: groundTruth, drift, advance: judge } = this.#every;
    this.#look = { ...ONE_LOOK, schedules: { groundTruth, drift, judge } };
    this.#alarms = new AlarmEvaluator(this.#home, this.#look.schedules);
    this.#drift = new SimulatedDrift(this.#home, this.#model, isoOf);
    this.#probe = {
      report: async () => {
        await this.#follow();
        return this.#report();
      },
    };
  }

  async run(): Promise<PlayedRun> {
    await registerVersions(this.#home, this.scenario, this.#model.versions);
    await this.#follow();
    await this.#people();
    while (this.#now < this.scenario.duration && !(this.scenario.stopWhenDecided && this.#timeline.decided)) {
      const from = this.#now;
      const skipped = this.scenario.skip.find((stretch) => from >= stretch.from && from < stretch.to);
      this.#goTo(skipped?.to ?? this.#next());
      if (!skipped) this.#traffic.pass({ from, to: this.#now }, await this.#state());
      this.#traffic.takeUp(this.#now);
      await this.#people();
      await this.#functions();
    }
    const { totals, servedAfterTakenBack } = this.#traffic;
    return this.#timeline.end({ seed: this.seed, totals, servedAfterTakenBack });
  }

  /** The next moment at which something may happen. */
  #next(): number {
    const now = this.#now;
    let next = this.scenario.duration;
    const at = (moment: number): void => {
      if (moment > now && moment < next) next = moment;
    };
    // Schedules need not be multiples of the resolution.
    for (const every of this.#ticks) at((Math.floor(now / every) + 1) * every);
    if (this.#events.length > 0) at(this.#events[0]!.at);
    at(this.#traffic.switchesAt ?? now);
    for (const { from } of this.scenario.skip) at(from);
    return next;
  }

  #goTo(t: number): void {
    this.#now = t;
    this.#setClock(msOf(t));
  }

  /** What people do now. */
  async #people(): Promise<void> {
    while (this.#events.length > 0 && this.#events[0]!.at <= this.#now)
      await this.#carryOut(this.#events.shift()!.event);
  }

  /** What is due of the functions, in the order in which data flows. */
  async #functions(): Promise<void> {
    const due = (seconds: number): boolean => this.#now % seconds === 0;
    if (due(this.#every.truth)) {
      await this.#traffic.join(this.#now, await this.#state());
      if (this.#drift.described) await this.#drift.capture(this.#now, this.#traffic.totals);
    }
    if (this.#drift.described && due(this.#every.drift)) await this.#lookAtDrift();
    if (due(this.#every.advance)) await this.#traffic.replay(this.#now);
    if (due(this.#every.alarms)) await this.#attempt('rollback', () => this.#lookAtAlarms());
    if (due(this.#every.advance))
      await this.#attempt('advance', () =>
        advanceRollouts(this.#home, this.#home.clock.now(), this.#probe, this.#look),
      );
    await this.#follow();
  }

  async #lookAtDrift(): Promise<void> {
    const { champion } = await this.#state();
    const verdict = await this.#drift.look(this.#now, champion, this.#traffic.totals);
    if (verdict) this.#timeline.drift(this.#now, verdict);
  }

  async #lookAtAlarms(): Promise<void> {
    await this.#alarms.evaluate({
      onAlarm: async ({ action }, transition) => {
        this.#timeline.alarm(this.#now, transition);
        if (this.schedules.rollbackActions.includes(action))
          await this.#attempt('rollback', () => this.#answer(transition));
        await this.#follow();
      },
      // The heartbeat of whoever leaves time out says nothing.
      onPage: ({ metric }, transition) => {
        if (metric === 'NeedsPerson') this.#timeline.page(this.#now, transition);
      },
    });
  }

  #answer(transition: AlarmTransition): Promise<Entry | undefined> {
    return rollBack(this.#home, this.#probe, transition, ONE_LOOK);
  }

  /** A function that fails is a dead letter; the simulation goes on. */
  async #attempt(name: string, run: () => Promise<unknown>): Promise<void> {
    try {
      await run();
    } catch (error) {
      this.#timeline.note(this.#now, 'failed', `${name}: ${(error as Error).message}`);
    }
  }

  async #carryOut(event: ScenarioEvent): Promise<void> {
    const ahead = 'clockAhead' in event ? event.clockAhead : 0;
    const clock = { now: () => new Date(msOf(this.#now + ahead)) };
    try {
      await new Registry({ ...this.#home, clock }, PERSON).apply(this.scenario.model.name, this.#command(event));
    } catch (error) {
      if (!(error instanceof ReleaseRefusedError)) throw error;
      this.#timeline.refused(this.#now, event, error.message);
    }
    await this.#follow();
  }

  #command(event: ScenarioEvent): Command {
    if (event.do === 'freeze') return { type: 'freeze', until: isoOf(event.until), reason: event.reason ?? event.do };
    if (event.do === 'unfreeze') return { type: 'unfreeze', reason: event.do };
    const version = this.#numberOf(event.version)!;
    const reason = `${event.do} of ${event.version}`;
    switch (event.do) {
      case 'release':
      case 'promote':
        return { type: event.do, version, reason };
      case 'canary':
        return { type: 'start-canary', version, steps: event.steps ?? this.scenario.model.rollout.steps, reason };
      case 'test':
        return { type: 'start-test', version, weight: event.weight, hypothesis: event.hypothesis, reason };
      case 'lift':
        return { type: 'lift-quarantine', version, reason };
    }
  }

  /** Takes note of what was written into the ledger, and lets endpoints follow. */
  async #follow(): Promise<void> {
    const { model } = this.scenario;
    const latest = await this.#home.ledger.latest(model.name);
    if (latest === undefined || latest.number === this.#seen) return;
    for await (const entry of this.#home.ledger.entries(model.name, { from: this.#seen + 1 })) {
      this.#timeline.entry(this.#now, entry);
      this.#scheduleAfter(entry);
    }
    this.#seen = latest.number;
    this.#traffic.follow(latest.state, this.#now);
  }

  /** Events that wait for a version to be taken back. */
  #scheduleAfter({ kind }: Entry): void {
    if (kind !== 'rolled-back' && kind !== 'canary-aborted') return;
    for (const event of this.scenario.events ?? []) {
      if (!('afterTakenBack' in event) || event.afterTakenBack === undefined) continue;
      if (this.#timeline.takenBackAt(this.#numberOf(event.version)!) === this.#now)
        this.#events.push({ at: this.#now + event.afterTakenBack, event });
    }
    this.#events.sort((a, b) => a.at - b.at);
  }

  async #state() {
    return (await this.#home.ledger.latest(this.scenario.model.name))!.state;
  }

  #report(): ReturnType<EndpointProbe['report']> {
    const { revision, champion, challengers } = this.#traffic.served!;
    return Promise.resolve({ revision, champion, challengers });
  }

  #numberOf(name: string | undefined): number | undefined {
    return name === undefined ? undefined : this.scenario.versions.findIndex((each) => each.name === name) + 1;
  }
}

function eventsOf({ events, versions, warmUp = DEFAULT_WARM_UP }: Scenario): DueEvent[] {
  const [first, second] = versions;
  const usual: ScenarioEvent[] = [{ do: 'release', at: -warmUp, version: first!.name, clockAhead: 0 }];
  if (second) usual.push({ do: 'canary', at: 0, version: second.name, clockAhead: 0 });
  return (events ?? usual)
    .flatMap((event) => (event.at === undefined ? [] : [{ at: event.at, event }]))
    .sort((a, b) => a.at - b.at);
}
