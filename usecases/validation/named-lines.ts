import type { LeftOut } from './file-profile.ts';

/** Lines that are named of the records that are left out for a reason. */
const NAMED_LINES = 5;

/** Counts records that are no rows, by what is expected of a record instead, and names the first lines of each. */
export class NamedLines {
  readonly #found = new Map<string, { records: number; readonly lines: number[] }>();

  add(expected: string, line: number): void {
    const found = this.#found.get(expected) ?? { records: 0, lines: [] };
    found.records++;
    if (found.lines.length < NAMED_LINES) found.lines.push(line);
    this.#found.set(expected, found);
  }

  get leftOut(): LeftOut[] {
    return [...this.#found].map(([expected, { records, lines }]) => ({ expected, records, lines: [...lines] }));
  }
}
