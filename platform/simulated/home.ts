import { Bookkeeping } from '../../core/observability/bookkeeping.ts';
import type { Bus, BusEvent, Clock, Home } from '../ports.ts';
import { keysOnDemand } from '../privacy.ts';
import { MemoryLedger } from './ledger.ts';
import { SimulatedMetrics } from './metrics.ts';
import { MemoryObjectStore } from './object-store.ts';

/** A clock that stands until it is set. */
export class SetClock implements Clock {
  #ms: number;

  /** @param ms milliseconds since 1970 */
  constructor(ms: number) {
    this.#ms = ms;
  }

  now(): Date {
    return new Date(this.#ms);
  }

  set(ms: number): void {
    this.#ms = ms;
  }
}

/** Events in the order in which they were published. */
export class MemoryBus implements Bus {
  readonly events: BusEvent[] = [];

  async publish(event: BusEvent): Promise<void> {
    this.events.push(event);
  }
}

export interface SimulatedHome extends Home {
  readonly kind: 'simulated';
  readonly clock: SetClock;
  readonly metrics: SimulatedMetrics;
  readonly bus: MemoryBus;
}

/**
 * The home that exists in memory and in a time of its own: what use cases do there, they do as anywhere else, and a
 * month takes seconds.
 *
 * @param start its time at the beginning, milliseconds since 1970
 * @param ingestionDelaySeconds time until a metric can be read
 */
export function openSimulatedHome(start: number, ingestionDelaySeconds: number): SimulatedHome {
  const clock = new SetClock(start);
  return {
    kind: 'simulated',
    description: 'memory',
    ledger: new MemoryLedger(),
    artifacts: new MemoryObjectStore(clock),
    data: new MemoryObjectStore(clock),
    captures: new MemoryObjectStore(clock),
    metrics: new SimulatedMetrics(clock, ingestionDelaySeconds * 1_000),
    bus: new MemoryBus(),
    clock,
    bookkeeping: new Bookkeeping(() => clock.now().getTime()),
    bookkeepingNotes: async () => [],
    privacy: keysOnDemand(async () => 'simulated'),
    labels: keysOnDemand(async () => 'simulated'),
    close: async () => undefined,
  };
}
