/** The text is no set of lines; the message says what one is. */
export class LineRangesError extends Error {
  override readonly name = 'LineRangesError';
}

/** Longest text of ranges that somebody may say. */
const MAX_TEXT = 100_000;

/** A set of line numbers, written as `3,7-9`. */
export class LineRanges {
  /** First and last lines of ranges that neither meet nor overlap, ascending. */
  readonly #firsts: readonly number[];
  readonly #lasts: readonly number[];
  /** The ranges as somebody said them. */
  readonly #said: readonly (readonly [number, number])[];

  private constructor(firsts: readonly number[], lasts: readonly number[], said: readonly [number, number][]) {
    this.#firsts = firsts;
    this.#lasts = lasts;
    this.#said = said;
  }

  /** Of numbers in whatever order. */
  static of(lines: Iterable<number>): LineRanges {
    return LineRanges.#joined([...lines].map((line): [number, number] => [line, line]));
  }

  /** @throws LineRangesError */
  static parse(text: string): LineRanges {
    if (text.length > MAX_TEXT)
      throw new LineRangesError(`lines take up to ${MAX_TEXT} characters: say fewer at a time`);
    return LineRanges.#joined(text === '' ? [] : text.split(',').map((part) => parseRange(part, text)));
  }

  /** What was written by this class, however long. */
  static stored(text: string): LineRanges {
    return LineRanges.#joined(text === '' ? [] : text.split(',').map((part) => parseRange(part, text)));
  }

  static #joined(ranges: [number, number][]): LineRanges {
    const [firsts, lasts]: [number[], number[]] = [[], []];
    for (const [first, last] of ranges.toSorted((a, b) => a[0] - b[0])) {
      const before = lasts.at(-1);
      if (before !== undefined && first <= before + 1) lasts[lasts.length - 1] = Math.max(before, last);
      else {
        firsts.push(first);
        lasts.push(last);
      }
    }
    return new LineRanges(firsts, lasts, ranges);
  }

  /** How many lines. */
  get size(): number {
    return this.#firsts.reduce((sum, first, i) => sum + this.#lasts[i]! - first + 1, 0);
  }

  /** How many lines were said: more than {@link size} where one was said twice. */
  get saidSize(): number {
    return this.#said.reduce((sum, [first, last]) => sum + last - first + 1, 0);
  }

  /** The lines one by one, in the order in which they were said. */
  *inOrder(): Generator<number> {
    for (const [first, last] of this.#said) for (let line = first; line <= last; line++) yield line;
  }

  has(line: number): boolean {
    let [low, high] = [0, this.#firsts.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#firsts[middle]! <= line) low = middle + 1;
      else high = middle;
    }
    return low > 0 && line <= this.#lasts[low - 1]!;
  }

  toString(): string {
    return this.#firsts
      .map((first, i) => (first === this.#lasts[i] ? `${first}` : `${first}-${this.#lasts[i]}`))
      .join(',');
  }
}

function parseRange(part: string, whole: string): [number, number] {
  const [, from, to = from] = /^\s*(\d{1,15})(?:\s*-\s*(\d{1,15}))?\s*$/.exec(part) ?? [];
  const [first, last] = [Number(from), Number(to)];
  if (from === undefined || first < 1 || last < first)
    throw new LineRangesError(
      `lines are numbers from 1 and ranges of them, such as 3,7-9; received ${JSON.stringify(whole.slice(0, 80))}`,
    );
  return [first, last];
}
