import * as z from 'zod';
import { JudgeVerdict } from '../../core/judge/verdict.ts';
import type { Entry } from '../../core/registry/ledger.ts';
import type { SeenAnswer } from './row-fixture.ts';
import type { CountedTraffic } from './same-counts.ts';

/** What the judge was given and found, as an entry has it. */
export const verdictOf = ({ evidence }: Pick<Entry, 'evidence'>): JudgeVerdict =>
  z.looseObject(JudgeVerdict.shape).parse(evidence) as JudgeVerdict;

/** How long answers took is chance, and of no part here. */
const isTime = (metric: string): boolean => metric.startsWith('answers slower');

/**
 * What was done and why: all that is the same wherever the same counts are judged.
 *
 * @param like metrics that this entry has counts of are left in: whoever decides by answers or truths may do so before
 *   the period of metrics is over @default the entry itself
 */
export function essence(entry: Entry, like: Entry = entry) {
  const { action, cause, reason, findings, about } = verdictOf(entry);
  const { kind, version, state } = entry;
  const counted = new Set(verdictOf(like).findings.flatMap(({ metric, suspect }) => (suspect.n > 0 ? metric : [])));
  return {
    ...{ kind, version, action, cause, about },
    reason: withoutTimes(reason),
    findings: byMetric(findings.filter(({ metric }) => !isTime(metric) && counted.has(metric))),
    quarantined: state.quarantined.map((each) => each.version),
    champion: state.champion,
    challengers: state.challengers.map(({ weight }) => weight),
    retraining: state.retraining,
  };
}

const byMetric = (findings: JudgeVerdict['findings']) => findings.toSorted((a, b) => (a.metric < b.metric ? -1 : 1));

/** Of sentences about several metrics, those that are not about times. */
const withoutTimes = (reason: string): string =>
  reason
    .split('; ')
    .filter((sentence) => !isTime(sentence))
    .join('; ')
    .replace(/held \d+ s/, 'held')
    .replace(/it has waited .*?(more|: decide)/, 'it has waited');

/** Counts of a metric: of the suspect and of what it is held against. */
export const countsOf = (entry: Pick<Entry, 'evidence'>, metric: string) => {
  const found = verdictOf(entry).findings.find((each) => each.metric === metric);
  return found && { suspect: found.suspect, reference: found.reference };
};

/** How a version decided, by the table that its graph holds. */
export interface Decided {
  readonly scores: readonly number[];
  readonly truthOf: (answer: SeenAnswer) => boolean;
}

/** True negatives, false positives, false negatives and true positives among answers of a version. */
export function outcomesOf(
  answers: readonly SeenAnswer[],
  { scores, truthOf }: Decided,
): NonNullable<CountedTraffic['outcomes']> {
  const cells: [number, number, number, number] = [0, 0, 0, 0];
  for (const answer of answers) cells[2 * Number(truthOf(answer)) + Number(scores[answer.x]! >= 0.5)]!++;
  return cells;
}

/** At how many of the same rows each of two versions was wrong. */
export function pairsOf(answers: readonly SeenAnswer[], suspect: Decided, reference: Decided) {
  const pairs = { n: 0, both: 0, suspectOnly: 0, referenceOnly: 0 };
  for (const answer of answers) {
    const truth = suspect.truthOf(answer);
    const [own, other] = [suspect, reference].map(({ scores }) => scores[answer.x]! >= 0.5 !== truth);
    pairs.n++;
    if (own && other) pairs.both++;
    else if (own) pairs.suspectOnly++;
    else if (other) pairs.referenceOnly++;
  }
  return pairs;
}

/** Such pairs of the metrics that decide of a binary decision, as tallies of replay have them. */
export const truthPairsOf = (answers: readonly SeenAnswer[], suspect: Decided, reference: Decided) =>
  (['recall', 'specificity'] as const).map((metric) => ({
    metric,
    className: null,
    pairs: pairsOf(
      answers.filter((answer) => suspect.truthOf(answer) === (metric === 'recall')),
      suspect,
      reference,
    ),
  }));
