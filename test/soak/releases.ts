import type { Command } from '../../core/registry/commands.ts';
import { openLocalHome } from '../../platform/local/home.ts';
import { Registry } from '../../usecases/registry/registry.ts';

const reason = 'soak';

/** What happens to releases, over and over; each round ends where it began. */
const ROUND: readonly (readonly [model: string, command: Command])[] = [
  ['flight-delay', { type: 'start-canary', version: 2, steps: [0.25, 0.5, 1], reason }],
  ['perceptron', { type: 'release', version: 2, reason }],
  ['folding', { type: 'release', version: 2, reason }],
  ['flight-delay', { type: 'advance', reason }],
  ['tree', { type: 'start-shadow', version: 2, reason }],
  ['flight-delay', { type: 'advance', reason }],
  ['flight-delay', { type: 'roll-back', to: 1, quarantine: false, reason }],
  ['tree', { type: 'stop-shadow', reason }],
  ['folding', { type: 'release', version: 1, reason }],
  ['perceptron', { type: 'start-canary', version: 1, steps: [0.5, 1], reason }],
  ['flight-delay', { type: 'start-shadow', version: 3, reason }],
  ['perceptron', { type: 'promote', reason }],
  ['tree', { type: 'start-canary', version: 2, steps: [0.3, 1], reason }],
  ['flight-delay', { type: 'stop-shadow', reason }],
  ['tree', { type: 'abort-canary', quarantine: false, reason }],
  ['flight-delay', { type: 'start-canary', version: 3, steps: [0.1, 1], reason }],
  ['flight-delay', { type: 'abort-canary', quarantine: false, reason }],
];

/** Changes releases as people do, through the registry of the home that is served. */
export class Releases {
  #at = 0;

  private constructor(
    private readonly home: Awaited<ReturnType<typeof openLocalHome>>,
    private readonly registry: Registry,
  ) {}

  static async open(folder: string): Promise<Releases> {
    const home = await openLocalHome(folder);
    return new Releases(home, new Registry(home, 'soak'));
  }

  /** How many changes were made. */
  get changes(): number {
    return this.#at;
  }

  /** Makes the next change. */
  async next(): Promise<void> {
    const [model, command] = ROUND[this.#at % ROUND.length]!;
    await this.registry.apply(model, command, { retries: 3 });
    this.#at++;
  }

  close(): Promise<void> {
    return this.home.close();
  }
}
