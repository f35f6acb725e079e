/** Names beyond this are not compared: the distance takes the product of two lengths. */
const MAX_NAME = 128;

/**
 * The name that somebody probably meant, as the end of a message; nothing where none is near.
 *
 * @example
 * didYouMean('amout', ['amount', 'age']); // " (did you mean amount?)"
 */
export function didYouMean(given: string, names: Iterable<string>): string {
  let best: string | undefined;
  // More than a third of its letters wrong is another word.
  let least = Math.max(1, Math.floor(given.length / 3)) + 1;
  if (given.length > MAX_NAME) return '';
  for (const name of names) {
    if (Math.abs(name.length - given.length) >= least || name.length > MAX_NAME) continue;
    const distance = editDistance(given.toLowerCase(), name.toLowerCase());
    if (distance < least) [best, least] = [name, distance];
  }
  return best === undefined ? '' : ` (did you mean ${best}?)`;
}

/** Letters to insert, leave out or replace, and neighbours to swap, until one text is the other (optimal string alignment). */
function editDistance(a: string, b: string): number {
  let [before, last] = [new Array<number>(b.length + 1).fill(0), Array.from({ length: b.length + 1 }, (_, i) => i)];
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let distance = Math.min(row[j - 1]! + 1, last[j]! + 1, last[j - 1]! + (same ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        distance = Math.min(distance, before[j - 2]! + 1);
      row.push(distance);
    }
    [before, last] = [last, row];
  }
  return last[b.length]!;
}
