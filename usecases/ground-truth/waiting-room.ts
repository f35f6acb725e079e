import type { ReceivedRecord, UnreadWaiting } from './feedback-batches.ts';

/** Records of one model that wait at most, and characters of them. */
const MAX_RECORDS = 100_000;
const MAX_CHARACTERS = 16_000_000;
/** What a record takes as JSON beside its own words. */
const AROUND = 60;

/**
 * How many records of a model may go on waiting for their predictions. Where there are too many, those that have waited for
 * longest are put aside: a capture that has not come for so long is the least likely to come.
 */
export class WaitingRoom {
  /** In words. */
  static readonly LIMITS = `${MAX_RECORDS} or ${MAX_CHARACTERS / 1_000_000} MB`;
  #records: number;
  #characters: number;

  /**
   * @param batches what would wait, the longest first; each has to be asked for in this order
   * @param unread records that wait as well, which are younger than those that have waited and were read
   */
  constructor(batches: readonly (readonly ReceivedRecord[])[], unread: UnreadWaiting = { records: 0, characters: 0 }) {
    this.#records = unread.records + batches.reduce((sum, { length }) => sum + length, 0);
    this.#characters =
      unread.characters +
      batches.reduce((sum, batch) => sum + batch.reduce((own, record) => own + charactersOf(record), 0), 0);
  }

  /** @returns how many of a batch, from its beginning, are put aside */
  putAside(batch: readonly ReceivedRecord[]): number {
    let count = 0;
    while (count < batch.length && (this.#records > MAX_RECORDS || this.#characters > MAX_CHARACTERS)) {
      this.#records--;
      this.#characters -= charactersOf(batch[count++]!);
    }
    return count;
  }
}

/** About the length of a record as it waits. */
function charactersOf(record: ReceivedRecord): number {
  let characters = AROUND + record.received.length;
  for (const value of Object.values(record)) if (typeof value === 'string') characters += value.length;
  return characters;
}
