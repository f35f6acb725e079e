/** Columns of the widest contract that there may be. */
const WIDE = 5_000;

/** What the files of the benchmark are held to: twenty columns of all kinds, or very many numbers. */
export function validationContract(shape: string): object {
  const file = { maxQuarantinedShare: 1 };
  if (shape === 'wide')
    return {
      features: Array.from({ length: WIDE }, (_, i) => ({ name: `w${i}`, type: 'float', min: 0, max: 1_000 })),
      file,
    };
  return {
    features: [
      ...Array.from({ length: 10 }, (_, i) => ({ name: `d${i}`, type: 'float', min: 0, max: 1_000 })),
      ...Array.from({ length: 6 }, (_, i) => ({ name: `n${i}`, type: 'integer', min: 0, max: 999 })),
      ...Array.from({ length: 4 }, (_, i) => ({
        name: `s${i}`,
        type: 'string',
        allowed: Array.from({ length: 30 }, (_, v) => `v${v}`),
      })),
    ],
    file,
  };
}

/**
 * Ten doubles, six integers, four texts; about one row in 200 breaks a rule of some kind, and besides a share of all.
 *
 * @param badPercent rows whose first number is below its bound
 */
export function tableSql(rows: number, badPercent = 0): string {
  const rare = (i: number, ...salt: number[]): string => `hash(i, ${[i, ...salt].join(', ')}) % 20000 = 0`;
  const doubles = Array.from(
    { length: 10 },
    (_, i) =>
      `CASE WHEN ${rare(i)}${i === 0 ? ` OR hash(i, 77) % 100 < ${badPercent}` : ''} THEN -1e6 ELSE round((hash(i, ${i}, 1) % 100000) / 1000.0, 3) END AS d${i}`,
  );
  const integers = Array.from(
    { length: 6 },
    (_, i) => `CASE WHEN ${rare(i, 2)} THEN NULL ELSE hash(i, ${i}, 3) % 1000 END AS n${i}`,
  );
  const texts = Array.from(
    { length: 4 },
    (_, i) => `CASE WHEN ${rare(i, 4)} THEN 'odd' ELSE 'v' || hash(i, ${i}, 5) % 30 END AS s${i}`,
  );
  return `SELECT ${[...doubles, ...integers, ...texts].join(', ')} FROM range(${rows}) r(i)`;
}

/** JSON lines of the same columns, of which every second has a number that is a text. */
export function wrongTypesSql(rows: number): string {
  return `SELECT CASE WHEN i % 2 = 0 THEN '"text"'::JSON ELSE (i / 10)::JSON END AS d0, t.* EXCLUDE (d0) FROM (${tableSql(rows)}) t POSITIONAL JOIN range(${rows}) r(i)`;
}

/** A file of very many columns as text. */
export function wideText(rows: number): string {
  const columns = Array.from({ length: WIDE }, (_, i) => i);
  const lines = Array.from({ length: rows }, (_, row) =>
    columns.map((i) => (row % 20 === 0 && i % 500 === 0 ? -1 : ((row * 31 + i * 7) % 100_000) / 1_000)).join(','),
  );
  return `${[columns.map((i) => `w${i}`).join(','), ...lines].join('\n')}\n`;
}
