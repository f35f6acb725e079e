/** Two tallies cannot be merged: they count different things. */
export class TallyMismatchError extends Error {
  override readonly name = 'TallyMismatchError';
  constructor(readonly fault: string) {
    super(`tallies cannot be merged: ${fault}`);
  }
}

/** @throws TallyMismatchError when the values differ */
export function assertSame(what: string, a: readonly unknown[] | undefined, b: readonly unknown[] | undefined): void {
  if (a !== b && JSON.stringify(a) !== JSON.stringify(b)) throw new TallyMismatchError(`their ${what} differ`);
}
