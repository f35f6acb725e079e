import type { Expectation, QuantityBounds } from '../../core/simulation/expectation.ts';

/** What an expectation says has to come out, in words of a table. */
export function mustWords(expect: Expectation | undefined): string {
  if (expect === undefined) return 'to be looked at';
  const { acted, promoted, cause, reason, falseActions, held, retraining, entries } = expect;
  const none = (of: QuantityBounds | undefined): boolean => of?.each?.max === 0;
  const once = (of: QuantityBounds | undefined): boolean => of?.each?.min === 1 && of.each.max === 1;
  const limits = [
    ...limit(expect.actedAfterSeconds, time),
    ...limit(expect.failedAnswersOfSuspect, (count) => `${count} failed answers`),
  ];
  return [
    ...(acted?.min === 1 ? [`taken back${limits.length > 0 ? ` after ${limits.join(', ')} at most` : ''}`] : []),
    ...(acted?.max === 0 || none(falseActions) ? ['nothing taken back'] : []),
    ...(promoted?.min === 1 ? ['promoted'] : []),
    ...(promoted?.max === 0 ? ['not promoted'] : []),
    ...limit(expect.promotedAfterSeconds, time).map((most) => `promoted within ${most}`),
    ...(once(held) ? ['held once'] : []),
    ...(once(retraining) ? ['retraining asked for once'] : []),
    ...(none(retraining) ? ['no retraining'] : []),
    ...(none(entries) ? ['no entry'] : []),
    ...(cause === undefined ? [] : [`cause ${cause}`]),
    ...(reason === undefined
      ? []
      : [
          `${[reason]
            .flat()
            .map((part) => `“${part}”`)
            .join(' and ')} in the reason`,
        ]),
  ].join(', ');
}

function limit(of: QuantityBounds | undefined, words: (value: number) => string): string[] {
  const most = of?.median?.max ?? of?.each?.max;
  return most === undefined ? [] : [words(most)];
}

/** A time in words, to two figures. */
export function time(seconds: number | null): string {
  if (seconds === null || !Number.isFinite(seconds)) return 'never';
  if (seconds < 120) return `${seconds} s`;
  const [value, unit] = seconds < 7_200 ? [seconds / 60, 'min'] : [seconds / 3_600, 'h'];
  return `${Number(value.toPrecision(value >= 10 ? 3 : 2))} ${unit}`;
}
