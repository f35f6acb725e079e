import { randomUUID } from 'node:crypto';
import type { Home } from '../../platform/ports.ts';
import { type PredictionIndex, predictionKey } from './prediction-index.ts';

/** Changes whenever captures of somebody have been erased. */
const ERASED = 'ground-truth/erased';

/** Says that captures have been erased. Whoever says so looks through what is joined again afterwards. */
export async function markErased({ data }: Pick<Home, 'data'>): Promise<void> {
  await data.put(ERASED, randomUUID());
}

const markOf = async ({ data }: Pick<Home, 'data'>): Promise<string | undefined> => (await data.head(ERASED))?.etag;

/** A prediction as a joined row names it. */
export interface NamedPrediction {
  readonly id: string;
  /** When it was made, ISO 8601. */
  readonly at: string;
}

/**
 * Tells of predictions that are held in memory whether their captures were erased meanwhile. Who erases marks it behind
 * the captures and then looks through the joined rows: so what was stored before the mark is found there, and what is
 * stored behind it finds the mark here.
 */
export class ErasureWatch {
  private constructor(
    private readonly home: Home,
    private readonly index: PredictionIndex,
    private readonly mark: string | undefined,
  ) {}

  /** To be called before captures are read. */
  static async begin(home: Home, index: PredictionIndex): Promise<ErasureWatch> {
    return new ErasureWatch(home, index, await markOf(home));
  }

  /** Whether captures have been erased since it began. */
  async hasChanged(): Promise<boolean> {
    return (await markOf(this.home)) !== this.mark;
  }

  /** Those of some predictions that are not among the captures any more. */
  async gone<T extends NamedPrediction>(model: string, predictions: readonly T[]): Promise<T[]> {
    if (predictions.length === 0 || !(await this.hasChanged())) return [];
    const wanted = new Map<string, string>();
    let oldest = Number.POSITIVE_INFINITY;
    for (const { id, at } of predictions) {
      oldest = Math.min(oldest, Date.parse(at));
      const key = predictionKey(model, id);
      if (at < (wanted.get(key) ?? '~')) wanted.set(key, at);
    }
    const found = await this.index.find(wanted, new Date(oldest), this.home.clock.now());
    return predictions.filter(({ id, at }) => !found.get(predictionKey(model, id))?.some(({ kept }) => kept.at === at));
  }
}
