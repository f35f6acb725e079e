import { randomUUID } from 'node:crypto';
import type { Clock, Metrics, ObjectStore } from '../platform/ports.ts';

/**
 * Takes the log lines of the endpoint and sends each where the log subscription would: captures are gathered and
 * delivered to the captures store as JSON lines, under the hour of their arrival; metric lines go to the metrics;
 * every other line is for people.
 */
export class DeliveryStream {
  readonly #captures: ObjectStore;
  readonly #metrics: Metrics;
  readonly #clock: Clock;
  readonly #print: (line: string) => void;
  #waiting: string[] = [];
  #delivering: Promise<void> = Promise.resolve();

  constructor(to: { captures: ObjectStore; metrics: Metrics; clock: Clock }, print: (line: string) => void) {
    this.#captures = to.captures;
    this.#metrics = to.metrics;
    this.#clock = to.clock;
    this.#print = print;
  }

  /** Takes one line, with or without its line end. */
  write(text: string): void {
    const line = text.trimEnd();
    if (line.startsWith('{"trimtab":"capture"')) this.#waiting.push(line);
    else if (line.startsWith('{') && line.includes('"_aws"')) this.#metrics.write(line);
    else if (line !== '') this.#print(line);
  }

  /** Delivers what has been gathered. A failed delivery keeps its lines for the next. */
  flush(): Promise<void> {
    this.#delivering = this.#delivering.then(async () => {
      const lines = this.#waiting;
      if (lines.length === 0) return;
      this.#waiting = [];
      const hour = this.#clock.now().toISOString().slice(0, 13).replace(/[-T]/g, '/');
      try {
        await this.#captures.put(`captures/${hour}/${randomUUID()}.jsonl`, `${lines.join('\n')}\n`);
      } catch (error) {
        this.#waiting = lines.concat(this.#waiting);
        throw error;
      }
    });
    const delivered = this.#delivering;
    this.#delivering = delivered.catch(() => undefined);
    return delivered;
  }
}
