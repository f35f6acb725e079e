import type { ReferencePerformance } from '../profile/profile.ts';

/** Of both sides of an interval, so that a good version is refused once in a thousand at most. */
const Z = 3.29;

/** How a version does on its own reference beside one that answers a constant. */
export interface BesideConstant {
  /** Why it is worth less than the constant; undefined where it is not, or not surely. */
  readonly worse?: string;
  /** What is worth a look all the same; also that nothing can be told. */
  readonly remark?: string;
  /** Whether it is surely worth more than the constant. */
  readonly better: boolean;
}

/**
 * Holds a version against answering the most frequent class, or the mean, every time, on the rows of its own reference.
 * Of rare classes a good decision may well be wrong more often than never to see one: it is worth less only if it does not tell
 * the classes apart either, each class counting alike.
 */
export function besideConstant({ classes, squares, rows }: ReferencePerformance): BesideConstant {
  if (squares !== undefined) return besideMean(squares);
  if (classes === undefined || classes.length === 0) return { better: false };
  if (classes.length === 1) return { better: false, remark: saysNothing(rows, `the label ${classes[0]!.name}`) };
  const most = classes.reduce((a, b) => (b.rows > a.rows ? b : a));
  const wrong = classes.reduce((sum, each) => sum + each.wrong, 0);
  const others = rows - most.rows;
  const excess = (wrong - others) / rows;
  // By row: 1 where it alone is wrong, -1 where the constant alone is.
  const squared =
    (most.wrong + classes.reduce((sum, each) => sum + (each === most ? 0 : each.rows - each.wrong), 0)) / rows;
  const apart = tellsApart(classes);
  const spread = Z * Math.sqrt((squared - excess ** 2) / rows);
  if (excess - spread <= 0) return { better: apart || excess + spread < 0 };
  const said = `wrong on ${percent(wrong / rows)} of ${rows} rows of its own reference, where ${most.name} every time would be wrong on ${percent(others / rows)}`;
  if (apart) return { better: true, remark: `it is ${said}; by class it does better than that` };
  return { better: false, worse: said };
}

/** Whether the mean over classes of their error rates is surely below that of a constant. */
function tellsApart(classes: NonNullable<ReferencePerformance['classes']>): boolean {
  const k = classes.length;
  const rates = classes.map(({ rows, wrong }) => ({ rows, p: wrong / rows }));
  const balanced = rates.reduce((sum, { p }) => sum + p / k, 0);
  // A class that was never missed, or always, is not known to the last row: as if there were one more of each.
  const variance = classes.reduce((sum, { rows, wrong }) => {
    const p = (wrong + 1) / (rows + 2);
    return sum + (p * (1 - p)) / rows / k ** 2;
  }, 0);
  return balanced + Z * Math.sqrt(variance) < (k - 1) / k;
}

function besideMean({ rows, error, ofMean, deviation }: NonNullable<ReferencePerformance['squares']>): BesideConstant {
  // Beside labels that are all alike, their mean is the truth itself.
  if (ofMean === 0) return { better: false, remark: saysNothing(rows, 'the same label') };
  const spread = (Z * deviation) / Math.sqrt(rows);
  if (error - ofMean - spread <= 0) return { better: error - ofMean + spread < 0 };
  return {
    better: false,
    worse: `off by ${short(Math.sqrt(error))} (RMSE) on ${rows} rows of its own reference, where their mean every time is off by ${short(Math.sqrt(ofMean))}`,
  };
}

const saysNothing = (rows: number, label: string): string =>
  `all ${rows} labelled rows of its own reference have ${label}: they do not say whether it is worth more than a constant answer`;

const percent = (share: number): string => `${short(100 * share)} %`;
const short = (value: number): string => String(Number(value.toPrecision(3)));
