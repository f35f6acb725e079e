import { appendFile, mkdir } from 'node:fs/promises';
import path from 'node:path';
import type { Bus, BusEvent, Clock } from '../ports.ts';

/** Events as lines of `events.jsonl`, and told to whoever subscribed in this process. */
export class LocalBus implements Bus {
  readonly #listeners = new Set<(event: BusEvent) => void>();

  constructor(
    readonly file: string,
    readonly clock: Clock,
  ) {}

  async publish(event: BusEvent): Promise<void> {
    await mkdir(path.dirname(this.file), { recursive: true });
    await appendFile(this.file, `${JSON.stringify({ time: this.clock.now().toISOString(), ...event })}\n`);
    for (const listener of this.#listeners) listener(event);
  }

  /** @returns what ends the subscription */
  subscribe(listener: (event: BusEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
