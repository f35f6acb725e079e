import type { ModelStatus } from '../../usecases/release/status-view.ts';
import { wrapped } from './wrapped.ts';

const LABEL = '  truth       ';
const BEHIND = { indent: LABEL.length, label: LABEL };

/** A line on how long truths take; none where that is not known. */
export function formatTruthDelay(delay: ModelStatus['truthDelay']): string[] {
  if (delay === null) return [];
  const { p90Ms: p90, medianMs: median, uncorrectedP90Ms: uncorrected, truths, reason } = delay;
  if (p90 === null || median === null || uncorrected === null)
    return wrapped(`not known how late it comes: ${reason ?? ''}`, BEHIND);
  const corrected = p90 > uncorrected ? `; ${formatDelay(uncorrected)} of those that are there by now` : '';
  const text = `90 % within ${formatDelay(p90)}, half within ${formatDelay(median)} (${truths} truths${corrected})`;
  return wrapped(text, BEHIND);
}

const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1_000],
] as const;

/** A duration as people say it. */
export function formatDelay(ms: number): string {
  const [name, size] = UNITS.find((unit) => ms >= 2 * unit[1]) ?? UNITS.at(-1)!;
  return `${Number((ms / size).toPrecision(2))} ${name}`;
}
