import type { MetricFinding, RepeatedTruths } from './comparison.ts';
import type { Counts } from './counts.ts';

const percent = (share: number): string => `${Number((100 * share).toPrecision(3))} %`;
export const points = (share: number): string =>
  `${share < 0 ? '−' : '+'}${Number((100 * Math.abs(share)).toPrecision(2))} pp`;
const rate = ({ n, bad }: Counts): string => (n === 0 ? 'none' : `${percent(bad / n)} of ${Math.round(n)}`);
const mean = ({ n, bad }: Counts): string =>
  n === 0 ? 'none' : `${Number((bad / n).toPrecision(3))} of ${Math.round(n)}`;
const signed = (value: number): string => `${value < 0 ? '−' : '+'}${Number(Math.abs(value).toPrecision(2))}`;

const where = ({ segment, className }: Pick<MetricFinding, 'segment' | 'className'>): string =>
  `${className === null ? '' : ` of class ${className}`}${segment === null ? '' : ` in ${segment}`}`;

/** A metric by its name, and the part that it is of. */
export const nameOf = (finding: Pick<MetricFinding, 'metric' | 'segment' | 'className'>): string =>
  `${finding.metric}${where(finding)}`;

/** How a comparison came out, in a sentence. */
export function findingSentence(finding: MetricFinding): string {
  // Losses are numbers of their own, not shares.
  const isLoss = finding.basis === 'losses';
  const [told, by] = isLoss ? [mean, signed] : [rate, points];
  const seen = `${nameOf(finding)}: ${told(finding.suspect)} against ${told(finding.reference)}`;
  const margin = `${by(finding.margin)} are let pass`;
  if (finding.finding === 'worse') return `${seen}: worse, ${by(finding.difference)}, ${margin}`;
  if (finding.finding === 'excused') return `${seen}: worse, but not by what is its own, ${margin}`;
  if (finding.finding === 'within-margin') return `${seen}: not worse, at most ${by(finding.high)}, ${margin}`;
  // Pairs never say that a version is not worse.
  const isBetter = finding.basis === 'pairs' && finding.difference <= 0;
  if (isBetter) return `${seen}: not worse so far, ${margin}`;
  const bound = finding.high >= 1 ? 'too little to say' : `up to ${by(finding.high)}`;
  return `${seen}: not clear yet, ${bound}, ${margin}`;
}

/** A class has a part in a difference from this share of it on. */
const PART = 0.25;

/** Which classes most of a difference is in, whether or not each by itself is sure yet; empty where none stands out. */
export function mostTelling(findings: readonly MetricFinding[]): string {
  const classes = findings
    .filter(({ className, segment, difference }) => className !== null && segment === null && difference > 0)
    .map(({ className, difference, suspect }) => ({ className, excess: difference * suspect.n }));
  const all = classes.reduce((sum, { excess }) => sum + excess, 0);
  const named = classes
    .filter(({ excess }) => excess >= PART * all)
    .map(({ className }) => `class ${className}`)
    .sort();
  return named.length === 0 ? '' : `most of it in rows of ${named.join(' and ')}`;
}

/** From so large a part of a version's truths on it is said that some repeat others. */
const MANY_REPEATED = 0.05;

/** Why many truths say little; undefined where few are repeated. */
export function repeatedSentence(version: number, { repeated, truths }: RepeatedTruths): string | undefined {
  if (repeated === 0 || repeated < MANY_REPEATED * truths) return undefined;
  const count = (n: number): string => Math.round(n).toLocaleString('en');
  return `${count(repeated)} of ${count(truths)} truths of version ${version} are of a caller’s repeated rows, which count once`;
}
