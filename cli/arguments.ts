import { UsageError } from './errors.ts';

/** A version number from the command line. @throws UsageError */
export function parseVersionNumber(text: string): number {
  const version = Number(text);
  if (!Number.isInteger(version) || version < 1)
    throw new UsageError(`a version is a whole number from 1, received '${text}'`);
  return version;
}

/** Reasons are read in tables, and go into entries of the ledger. */
const MAX_REASON = 2_000;

/** Why something is done, from the command line. @throws UsageError where it says nothing */
export function parseReason(text: string): string {
  if (text.trim() === '') throw new UsageError('--reason is a text that says why, received none');
  if (text.length > MAX_REASON)
    throw new UsageError(`--reason has ${text.length} characters, at most ${MAX_REASON} are kept: put more elsewhere`);
  return text;
}

/** How many, or which in a row, from the command line. @throws UsageError */
export function parseCount(text: string): number {
  const count = Number(text);
  if (!Number.isSafeInteger(count) || count < 1)
    throw new UsageError(`expected a whole number from 1, received '${text}'`);
  return count;
}

/** A time from the command line, ISO 8601. @throws UsageError */
export function parseTime(text: string): Date {
  if (Number.isNaN(Date.parse(text)))
    throw new UsageError(`a time is ISO 8601, such as 2026-01-31T12:00:00Z, received '${text}'`);
  return new Date(text);
}
