/** Clocks of machines that are set by a time service differ by less. */
const TOLERATED_MS = 60_000;

/**
 * How far an entry's time is ahead of now, in words; undefined when it is not, or by no more than clocks differ. Then
 * the clock of who wrote it, or of who wrote one before it, was ahead: times do not go back within a ledger.
 */
export function aheadBy(at: string, now: Date): string | undefined {
  const ms = Date.parse(at) - now.getTime();
  if (ms <= TOLERATED_MS) return undefined;
  return ms < 2 * 3_600_000 ? `${Math.round(ms / 60_000)} minutes` : `${Math.round(ms / 3_600_000)} hours`;
}
