/** Entries that are named, of many. */
const NAMED = 5;

/** Some entries by their numbers, for people. */
export const numbersText = (numbers: readonly number[]): string => {
  const more = numbers.length > NAMED ? ` and ${numbers.length - NAMED} more` : '';
  return `${numbers.length === 1 ? 'entry' : 'entries'} ${numbers.slice(0, NAMED).join(', ')}${more}`;
};

/** What becomes of entries whose anchor is not kept. */
export const UNANCHORED_REMEDY =
  'it could not be kept, or was removed; of the last some hundred entries the next change makes it, fifty at a time, and so does `trimtab up`, on AWS the schedule';
