import type { MetricFinding, RepeatedTruths } from './comparison.ts';
import type { Counts } from './counts.ts';

const percent = (share: number): string => `${Number((100 * share).toPrecision(3))} %`;
export const points = (share: number): string =>
  `${share < 0 ? '−' : '+'}${Number((100 * Math.abs(share)).toPrecision(2))} pp`;
const rate = ({ n, bad }: Counts): string => (n === 0 ? 'none' : `${percent(bad / n)} of ${Math.round(n)}`);

const where = ({ segment, className }: Pick<MetricFinding, 'segment' | 'className'>): string =>
  `${className === null ? '' : ` of class ${className}`}${segment === null ? '' : ` in ${segment}`}`;

/** A metric by its name, and the part that it is of. */
export const nameOf = (finding: Pick<MetricFinding, 'metric' | 'segment' | 'className'>): string =>
  `${finding.metric}${where(finding)}`;

/** How a comparison came out, in a sentence. */
export function findingSentence(finding: MetricFinding): string {
  const seen = `${nameOf(finding)}: ${rate(finding.suspect)} against ${rate(finding.reference)}`;
  const margin = `${points(finding.margin)} are let pass`;
  if (finding.finding === 'worse') return `${seen}: worse, ${points(finding.difference)}, ${margin}`;
  if (finding.finding === 'within-margin') return `${seen}: not worse, at most ${points(finding.high)}, ${margin}`;
  const bound = finding.high >= 1 ? 'too little to say' : `up to ${points(finding.high)}`;
  return `${seen}: not clear yet, ${bound}, ${margin}`;
}

/** From so large a part of a version's truths on it is said that some repeat others. */
const MANY_REPEATED = 0.25;

/** Why many truths say little; undefined where few are repeated. */
export function repeatedSentence(version: number, { repeated, truths }: RepeatedTruths): string | undefined {
  if (repeated === 0 || repeated < MANY_REPEATED * truths) return undefined;
  const count = (n: number): string => Math.round(n).toLocaleString('en');
  return `${count(repeated)} of ${count(truths)} truths of version ${version} are of a caller’s repeated rows, which count once`;
}
