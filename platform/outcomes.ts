import type { Variant } from '../core/serving/variant.ts';
import type { Home } from './ports.ts';

/** Where the join keeps what it found the prediction of; a model's name and a slash follow. */
export const JOINED = 'ground-truth/joined/';

/** What a prediction was worth, and who made it. */
export interface JoinedOutcome {
  readonly id: string;
  readonly metric: string;
  readonly value: number;
  /** When it came about, as its caller said; absent: nobody said. */
  readonly observed?: string;
  readonly version: number;
  readonly variant: Variant;
  /** When the prediction was made, ISO 8601. */
  readonly at: string;
}

/**
 * Outcomes of a model's predictions: the values of one business metric by who made the prediction.
 *
 * @param since predictions made from then on; ISO 8601
 */
export async function* readOutcomes(
  home: Pick<Home, 'data'>,
  model: string,
  { metric, since }: { readonly metric: string; readonly since?: string },
): AsyncIterable<JoinedOutcome> {
  for await (const { key, modifiedAt } of home.data.list(`${JOINED}${model}/`)) {
    // Nothing is joined before it is predicted.
    if (since !== undefined && modifiedAt.getTime() < Date.parse(since)) continue;
    for (const line of new TextDecoder().decode(await home.data.get(key)).split('\n')) {
      // Most lines are of ground truth, or of other metrics.
      if (!line.includes('"metric"')) continue;
      const outcome = JSON.parse(line) as JoinedOutcome;
      if (outcome.metric === metric && (since === undefined || outcome.at >= since)) yield outcome;
    }
  }
}
