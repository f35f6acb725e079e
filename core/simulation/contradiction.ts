/** What of a scenario does not fit the rest of it. */
export interface Contradiction {
  readonly path: readonly (string | number)[];
  readonly message: string;
}
