import { type FeedbackRecord, isOutcome } from '../../core/serving/feedback-record.ts';
import { outcomeFault } from '../../core/serving/outcome.ts';
import { unreadableTruth } from '../../core/serving/truth-fault.ts';
import type { Home } from '../../platform/ports.ts';
import { RuleBook } from '../quality/version-rules.ts';
import { receivedRecord } from './incoming-batches.ts';
import { predictionAgeMs } from './prediction-age.ts';
import { PredictionIndex, predictionKey } from './prediction-index.ts';
import { predictionOf } from './prediction-search.ts';

/** What the join would find of a record now: its prediction, none, or one that it does not go with and why. */
export type RecordFinding = 'known' | 'unknown' | { readonly reason: string };

/** Looks for the predictions of records as the join does, and changes nothing. */
export class TruthLookup {
  readonly #rules: RuleBook;
  readonly #index: PredictionIndex;

  constructor(
    private readonly home: Pick<Home, 'captures' | 'ledger' | 'artifacts' | 'clock'>,
    private readonly model: string,
  ) {
    this.#rules = new RuleBook(home);
    this.#index = new PredictionIndex(home, this.#rules);
  }

  /** @returns a finding for each record, in their order */
  async look(records: readonly FeedbackRecord[]): Promise<RecordFinding[]> {
    const { model } = this;
    const now = this.home.clock.now();
    const state = (await this.home.ledger.latest(model))?.state;
    const version = await this.home.ledger.version(model, state?.champion ?? state?.latest ?? 0);
    const oldest = new Date(now.getTime() - predictionAgeMs(version?.manifest));
    const received = records.map((record) => receivedRecord(record, now.toISOString()));
    const wanted = new Map<string, string>();
    for (const record of received) {
      const key = predictionKey(model, record.id);
      const first = wanted.get(key);
      if (first === undefined || record.received < first) wanted.set(key, record.received);
    }
    const found = await this.#index.find(wanted, oldest, now);
    return Promise.all(
      received.map(async (record): Promise<RecordFinding> => {
        const prediction = predictionOf(found.get(predictionKey(model, record.id)), record.received);
        if (prediction === undefined) return 'unknown';
        const rules = await this.#rules.of(model, prediction.kept.version);
        const { decision, outputs = [], monitoring } = rules?.manifest ?? {};
        const reason = isOutcome(record)
          ? outcomeFault(monitoring?.business, record)
          : unreadableTruth(decision === undefined ? [] : [{ decision, outputs }], record.truth);
        return reason === undefined ? 'known' : { reason };
      }),
    );
  }
}
