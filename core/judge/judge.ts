import type { AnswerTrouble } from './answers.ts';
import { type AnyComparison, compare, isAfterwards } from './any-comparison.ts';
import { isPart, type JudgeLimits, type MetricFinding } from './comparison.ts';
import type { Counts, JudgedStratum } from './counts.ts';
import { proportionBounds } from './proportion.ts';
import { budgetLevels, gateMargin, type JudgeRules } from './rules.ts';
import { findingSentence, mostTelling, nameOf, repeatedSentence } from './sentences.ts';
import type { CauseOfHarm, JudgeVerdict, VerdictAction } from './verdict.ts';

/** What every version has, or the champion alone, so that none is known to blame: looked at when an alarm has gone off. */
export interface SharedTrouble {
  readonly cause: Exclude<CauseOfHarm, 'model'>;
  /** What it is, in a sentence. */
  readonly sentence: string;
  /** The same without its numbers: a metric, or a column and what is the matter with it. */
  readonly about?: string;
  /** Whether it is the champion's, and not a challenger's beside it. @default false */
  readonly championAlone?: boolean;
  /** Share of answers that is surely more than usual; absent: what it is about is no share. */
  readonly unusual?: number;
}

/** Where a rollout is. */
export interface RolloutStep {
  /** Gate before the next step, from 0. */
  readonly gate: number;
  readonly gates: number;
  /** How long the step has held, and has to, seconds. */
  readonly heldSeconds: number;
  readonly stepSeconds: number;
  /** Strata of the step by metric, in the order of the comparisons. */
  readonly strata: readonly (readonly JudgedStratum[])[];
}

/** All that is known of one version beside another. */
export interface JudgeEvidence {
  readonly version: number;
  readonly rules: JudgeRules;
  readonly comparisons: readonly AnyComparison[];
  /** What is odd about its answers by themselves, whatever is true. @default nothing */
  readonly answers?: readonly AnswerTrouble[];
  /** Of a version that grows by steps; absent: a champion, or a fixed share. */
  readonly step?: RolloutStep | undefined;
  /** Whether a step waits for truth. */
  readonly waitsForTruth: boolean;
  readonly trouble: readonly SharedTrouble[];
  /** Whether the version that it is held against has traffic as well: what that has did not begin with this release. */
  readonly isConcurrent: boolean;
  /** Wrong decisions of that version, asked again about requests of this one. @default nothing was asked */
  readonly referenceWrong?: Counts;
  /** Age of the release, days. */
  readonly ageDays: number;
  /** Whether there is a version to go back to. */
  readonly returnable: boolean;
}

/** What follows from what every version has. */
const ACTION_OF: Readonly<Record<SharedTrouble['cause'], VerdictAction>> = {
  drift: 'retrain',
  data: 'hold',
  infrastructure: 'hold',
  unclear: 'ask-person',
};

/** So many findings go into the ledger; what says least is left out. */
const MAX_FINDINGS = 24;

/**
 * The judge: from what two versions did, to where what is wrong comes from and what follows. It may be asked as often as
 * one likes.
 */
export function judge(evidence: JudgeEvidence): JudgeVerdict {
  const { version, rules, comparisons, answers = [], trouble, ageDays, returnable, waitsForTruth } = evidence;
  const findings = findingsOf(evidence);
  const [counted] = comparisons.flatMap((each) => ('strata' in each ? (each.repeated ?? []) : []));
  const repeated = counted && repeatedSentence(version, counted);
  const answer = (
    action: VerdictAction,
    cause: CauseOfHarm | null,
    reason: string,
    missing: readonly string[] = [],
  ): JudgeVerdict => {
    const said = [reason, ...(repeated === undefined || action === 'none' ? [] : [repeated])].join('; ');
    return { version, cause, action, reason: said, findings: most(findings), missing: [...missing], about: [] };
  };

  const worse = findings.filter(({ finding }) => finding === 'worse');
  const useless = answers.filter(({ action }) => action === 'take-back');
  if (worse.length > 0 || useless.length > 0) {
    const basis = worseReason(evidence, findings, worse, useless);
    if (!returnable) return answer('ask-person', 'unclear', `${basis}; but there is no version to go back to`);
    if (ageDays > rules.youngDays)
      return answer('ask-person', 'model', `${basis}; but the release is ${days(ageDays)} old`);
    return answer('take-back', 'model', basis);
  }
  const excused = comparisons.filter((_, i) => findings[i]!.finding === 'excused');
  const asked = excused.flatMap((each) => ('asked' in each && each.asked !== undefined ? [each.asked] : []));
  const asking = asked.find(({ cause }) => cause === null);
  if (asking !== undefined) return answer('wait', null, asking.sentence, ['answers to the same requests, asked again']);
  const notItsOwn = asked.find(({ cause }) => cause !== 'unclear');
  if (notItsOwn?.cause != null) return answer('hold', notItsOwn.cause, notItsOwn.sentence);
  const [first] = trouble;
  // Of a release that is no longer young no more is to come.
  const isYoung = ageDays <= rules.youngDays;
  const unknown = isYoung && first ? beganLater(first, findings, comparisons) : undefined;
  if (unknown !== undefined) return answer('ask-person', 'unclear', unknown);
  const isReleases = first !== undefined && isYoung && !isOfBoth(evidence, first);
  if (isReleases && findings.some((each, i) => mayBegin(each, comparisons[i]!, first))) {
    const sentence = `${first.sentence}; it may have begun with the release`;
    const isOver = ageDays * DAY_SECONDS > rules.patienceSeconds;
    return answer(isOver ? 'ask-person' : 'wait', 'unclear', sentence, ['more answers']);
  }
  if (first !== undefined) {
    const reason = trouble.map(({ sentence }) => sentence).join('; ');
    const about = [...new Set(trouble.flatMap((each) => each.about ?? []))].sort();
    return { ...answer(ACTION_OF[first.cause], first.cause, reason), about };
  }
  const later = isYoung ? beganLaterAnyway(findings, comparisons) : undefined;
  if (later !== undefined) return answer('ask-person', 'unclear', later);
  // Where truth is known, it says more than how much answers differ.
  const unlike = comparisons.some(({ kind }) => kind === 'truth') ? [] : answers;
  if (unlike.length > 0) return answer('ask-person', 'unclear', unlike.map(({ sentence }) => sentence).join('; '));
  return evidence.step === undefined ? answer('none', null, 'nothing is wrong') : stepVerdict(evidence.step);

  function stepVerdict(step: RolloutStep): JudgeVerdict {
    const { heldSeconds, stepSeconds } = step;
    if (heldSeconds < stepSeconds)
      return answer('wait', null, `the step has held ${Math.floor(heldSeconds)} of ${stepSeconds} s`);
    const whole = findings.filter((_, i) => comparisons[i]!.holdsStep);
    const open = whole.filter(({ finding }) => finding !== 'within-margin');
    const missing = open.map(nameOf);
    if (waitsForTruth && !comparisons.some(({ kind }) => kind === 'truth')) missing.push('truth of its predictions');
    if (missing.length === 0)
      return answer('advance', null, `held ${Math.floor(heldSeconds)} s; ${whole.map(findingSentence).join('; ')}`);
    const reason =
      open.length === 0 ? 'no truth of its predictions is known yet' : open.map(findingSentence).join('; ');
    return heldSeconds < stepSeconds + rules.patienceSeconds
      ? answer('wait', null, reason, missing)
      : answer('ask-person', 'unclear', `${reason}; ${patience(open, heldSeconds)}`, missing);
  }
}

/** Why a version is worse, and by what it was compared. */
function worseReason(
  { version, comparisons }: JudgeEvidence,
  findings: readonly MetricFinding[],
  worse: readonly MetricFinding[],
  useless: readonly AnswerTrouble[],
): string {
  const of = (finding: MetricFinding): AnyComparison => comparisons[findings.indexOf(finding)]!;
  const classes = worse.some((each) => of(each).kind === 'truth') ? mostTelling(findings) : '';
  const compared = worse
    .map((finding) => [findingSentence(finding), of(finding).detail ?? []].flat().join(', '))
    .concat(classes === '' ? [] : [classes]);
  const held =
    compared.length === 0 ? [] : [`version ${version} is worse than what it is held against: ${compared.join('; ')}`];
  const afterwards = worse.some((each) => isAfterwards(of(each)))
    ? [
        `the versions were compared before and after the release, for ${comparisons.some((each) => 'pairs' in each) ? 'too little could be asked again' : 'nothing else is there'}`,
      ]
    : [];
  const odd =
    useless.length === 0
      ? []
      : [`answers of version ${version}: ${useless.map(({ sentence }) => sentence).join('; ')}`];
  return [...held, ...odd, ...afterwards].join('; ');
}

/** Failures that began a little after a release and set no alarm off: they come and go. */
function beganLaterAnyway(
  findings: readonly MetricFinding[],
  comparisons: readonly AnyComparison[],
): string | undefined {
  return beganLater({ cause: 'infrastructure', sentence: '', about: 'Failure' }, findings, comparisons);
}

const DAY_SECONDS = 86_400;

/** Kinds of comparisons that tell whose an alarm's trouble is. */
const KIND_OF: Readonly<Record<string, AnyComparison['kind']>> = {
  Failure: 'failure',
  Latency: 'slow',
  PredictionError: 'truth',
};

/** What began a little after a release, where one version alone has answers: neither its own nor every version's is known. */
function beganLater(
  { cause, about = '' }: SharedTrouble,
  findings: readonly MetricFinding[],
  comparisons: readonly AnyComparison[],
): string | undefined {
  if (cause !== 'infrastructure' && cause !== 'drift') return undefined;
  for (const [i, each] of findings.entries()) {
    const { kind, ...comparison } = comparisons[i]!;
    const asked = 'asked' in comparison ? comparison.asked : undefined;
    // A few by chance are no beginning.
    if (kind === KIND_OF[about] && asked?.cause === 'unclear' && each.finding === 'excused')
      return `${findingSentence({ ...each, finding: 'worse' })}; ${asked.sentence}`;
  }
  return undefined;
}

/** Chance of error of saying that the version before would be as wrong: it is looked at whenever an alarm is up. */
const OF_BOTH_LEVEL = 1e-5;

/** Whether a version has what the one that it is held against has as well, whichever of them is the better. */
function isOfBoth({ isConcurrent, referenceWrong }: JudgeEvidence, { cause, unusual }: SharedTrouble): boolean {
  if (isConcurrent) return true;
  if (cause !== 'drift' || unusual === undefined || referenceWrong === undefined) return false;
  return proportionBounds(referenceWrong, OF_BOTH_LEVEL)[0] > unusual;
}

/** Whether a champion looks worse than what was before it in what an alarm is about, though it is not sure yet. */
function mayBegin(
  { suspect, reference, difference, margin }: MetricFinding,
  comparison: AnyComparison,
  { about = '' }: SharedTrouble,
): boolean {
  if (comparison.kind !== KIND_OF[about]) return false;
  const asked = 'asked' in comparison ? comparison.asked : undefined;
  // Whether the world has changed is known once the predecessor was asked as well.
  if (asked?.cause === null && comparison.kind === 'truth') return true;
  if ('isClosed' in comparison && comparison.isClosed) return false;
  if (asked?.cause === 'unclear' && comparison.kind !== 'truth') return false;
  if (suspect.n === 0 || reference.n === 0) return false;
  if ('pairs' in comparison) {
    const { suspectOnly, both, referenceOnly } = comparison.pairs;
    // Of bad answers alone is asked: what the predecessor does as well did not begin with the release.
    return difference > margin && (comparison.kind === 'truth' || suspectOnly > both + referenceOnly);
  }
  return isAfterwards(comparison) && suspect.bad / suspect.n > 2 * (reference.bad / reference.n);
}

function findingsOf({ rules, comparisons, step }: JudgeEvidence): MetricFinding[] {
  const levels = budgetLevels(
    rules.takeBackLevel,
    comparisons.map((each) => ({ kind: each.kind, part: isPart(each) })),
  );
  return comparisons.map((comparison, i) => {
    const options: JudgeLimits = {
      takeBackLevel: levels[i]!,
      stepLevel: rules.stepLevel,
      ...(step && {
        stepMargin: gateMargin(rules, comparison.margin, { kind: comparison.kind, gate: step.gate, gates: step.gates }),
        currentStep: step.strata[i]!,
      }),
    };
    return compare(comparison, options);
  });
}

/** Those that say most, in the order of how near they are to a decision. */
const most = (findings: readonly MetricFinding[]): MetricFinding[] =>
  findings.toSorted((a, b) => b.evidence - b.needed - (a.evidence - a.needed)).slice(0, MAX_FINDINGS);

/** How much longer evidence would take: the width of a bound falls with the square root of what is known. */
function patience(open: readonly MetricFinding[], heldSeconds: number): string {
  const asked = `it has waited ${hours(heldSeconds)}`;
  if (open.length === 0) return `${asked}, and how much longer is not known: decide yourself, or let it wait`;
  const factors = open.map(({ high, difference, margin }) =>
    margin > difference ? ((high - difference) / (margin - difference)) ** 2 : Number.POSITIVE_INFINITY,
  );
  const factor = Math.max(1, ...factors);
  if (!Number.isFinite(factor)) return `${asked}, and as it looks no amount of evidence would do: decide yourself`;
  return `${asked}, and would take about ${hours((factor - 1) * heldSeconds)} more: decide yourself, or let it wait`;
}

const days = (age: number): string => `${Math.floor(age)} ${Math.floor(age) === 1 ? 'day' : 'days'}`;
const hours = (seconds: number): string =>
  seconds < 3_600 ? `${Math.max(1, Math.round(seconds / 60))} min` : `${Number((seconds / 3_600).toPrecision(2))} h`;
