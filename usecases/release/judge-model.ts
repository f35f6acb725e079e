import type { AlarmDefinition, EvaluatedWindow } from '../../core/alarms/alarm.ts';
import type { AnswerTrouble } from '../../core/judge/answers.ts';
import type { AnyComparison } from '../../core/judge/any-comparison.ts';
import type { Counts } from '../../core/judge/counts.ts';
import { judge, type RolloutStep, type SharedTrouble } from '../../core/judge/judge.ts';
import { judgeRulesOf } from '../../core/judge/manifest-rules.ts';
import type { JudgeRules } from '../../core/judge/rules.ts';
import type { JudgeVerdict } from '../../core/judge/verdict.ts';
import type { Rollout } from '../../core/manifest/manifest.ts';
import { talliesPrefix } from '../../core/quality/hour-tallies.ts';
import type { Challenger, Judged, ReleaseState } from '../../core/registry/ledger.ts';
import type { Home } from '../../platform/ports.ts';
import { challengerEvidence, entriesOf, formerEvidence, merged } from './former-evidence.ts';
import type { GatheredComparison } from './gathered-comparison.ts';
import { referenceWrong } from './paired-truths.ts';
import { onsetComparisons, takeoverOf } from './release-onset.ts';
import { replayedChampion } from './replayed-version.ts';
import { sharedTrouble } from './shared-trouble.ts';
import { heldSeconds } from './step-held.ts';

const DAY_MS = 86_400_000;

/** What the judge reads. */
export type JudgedHome = Pick<Home, 'ledger' | 'artifacts' | 'metrics' | 'data'>;

export interface JudgeOptions {
  readonly model: string;
  readonly now: Date;
  readonly state: ReleaseState;
  /** Alarms that are up, or have just gone off. */
  readonly up: readonly AlarmDefinition[];
  /** What was evaluated of those alarms, by their names. @default until now */
  readonly evaluated?: ReadonlyMap<string, EvaluatedWindow>;
  readonly baselineErrorRate: number | undefined;
}

/** A verdict, and the challenger that it is about; without one, it is about the champion. */
export interface Judgement {
  readonly verdict: JudgeVerdict;
  readonly challenger?: Challenger;
}

/**
 * Judges the champion beside what was before it, and every challenger beside the champion: from all that is known since
 * their releases began. Where there are challengers, of the champion only what is its own is said: they say the rest.
 */
export async function judgeModel(home: JudgedHome, options: JudgeOptions): Promise<Judgement[]> {
  const { state } = options;
  if (state.champion === null) return [];
  const [truthKnown, champion] = await Promise.all([
    hasTruths(home, options.model),
    home.ledger.version(options.model, state.champion),
  ]);
  const truthIsPartial = champion?.manifest.truth?.of === 'predicted-positives';
  const trouble = await sharedTrouble(home, { ...options, truthKnown, truthIsPartial });
  const alone = trouble.filter(({ championAlone }) => championAlone);
  const ofChampion = alone.length > 0 ? alone : trouble;
  const verdict = await judgeChampion(home, { ...options, truthKnown, trouble: ofChampion });
  if (state.challengers.length === 0) return verdict === undefined ? [] : [{ verdict }];
  // What comes of shared trouble is about something.
  const isOwn = verdict?.action !== 'none' && (alone.length > 0 || verdict?.about.length === 0);
  const own = isOwn ? verdict : undefined;
  const suspected = own?.action === 'take-back' || own?.action === 'wait' || own?.cause === 'model';
  // What a bad champion explains is not what every version has.
  const common = { ...options, truthKnown, trouble: suspected ? [] : trouble.filter((each) => !alone.includes(each)) };
  const judged = await Promise.all(
    state.challengers.map(async (challenger): Promise<Judgement> => {
      const found = await judgeChallenger(home, challenger, common);
      return { challenger, verdict: suspected && found.action === 'advance' ? beside(state.champion!, found) : found };
    }),
  );
  return own === undefined ? judged : [{ verdict: own }, ...judged];
}

/** That a challenger is not worse than a champion that is itself in question says nothing. */
const beside = (champion: number, verdict: JudgeVerdict): JudgeVerdict => ({
  ...verdict,
  action: 'wait',
  reason: `version ${champion}, which it is held against, is itself in question; ${verdict.reason}`,
});

interface CommonOptions extends JudgeOptions {
  readonly truthKnown: boolean;
  readonly trouble: readonly SharedTrouble[];
}

async function judgeChallenger(
  home: JudgedHome,
  challenger: Challenger,
  { model, now, state, truthKnown, trouble }: CommonOptions,
): Promise<JudgeVerdict> {
  const { version, judged } = challenger;
  if (judged === undefined) return notJudged(version);
  const { rules } = judged;
  const versions = { model, champion: state.champion!, challenger: version };
  const record = await home.ledger.version(model, version);
  const { gathered, answers } = await challengerEvidence(home, versions, judged, { now, record });
  const held = await heldSeconds(home, model, challenger, now);
  return judge({
    version,
    rules,
    comparisons: gathered.map(({ comparison }) => comparison),
    answers,
    // An A/B test has one share, until what is asked is decided.
    step:
      challenger.test === undefined && record ? stepOf(challenger, held, gathered, record.manifest.rollout) : undefined,
    waitsForTruth: rules.needsTruth === 'yes' || (rules.needsTruth === 'where-known' && truthKnown),
    trouble,
    isConcurrent: true,
    ageDays: 0,
    returnable: true,
  });
}

function stepOf(
  { step, steps }: Challenger,
  held: number,
  gathered: readonly GatheredComparison[],
  { stepSeconds }: Pick<Rollout, 'stepSeconds'>,
): RolloutStep {
  return {
    gate: step,
    gates: steps.length - 1,
    heldSeconds: held,
    stepSeconds,
    strata: gathered.map(({ current }) => current),
  };
}

/**
 * A champion is compared with what was before it while its release is young; later too when an alarm is up, by what was
 * known of it when it was young. What is wrong with all is said at any age.
 */
async function judgeChampion(
  home: JudgedHome,
  { model, now, state, trouble, up }: CommonOptions,
): Promise<JudgeVerdict | undefined> {
  const { champion, judged, previous } = state;
  const rules = judged?.rules ?? (await rulesOf(home, model, champion!));
  if (rules === undefined) return undefined;
  const { retraining } = state;
  const onset =
    judged === undefined ? undefined : await onsetOf(home, { model, judged, now, isUp: up.length > 0, retraining });
  return judge({
    version: champion!,
    rules,
    comparisons: onset?.comparisons ?? [],
    answers: onset?.answers ?? [],
    waitsForTruth: false,
    trouble,
    isConcurrent: false,
    ...(onset?.referenceWrong && { referenceWrong: onset.referenceWrong }),
    ageDays: onset?.ageDays ?? 0,
    returnable: previous.length > 0,
  });
}

/** Of a champion that was returned to, or released by an older program. */
async function rulesOf(home: JudgedHome, model: string, version: number): Promise<JudgeRules | undefined> {
  const record = await home.ledger.version(model, version);
  return record && judgeRulesOf(record.manifest);
}

interface OnsetOptions {
  readonly model: string;
  readonly judged: Judged;
  readonly now: Date;
  /** Whether an alarm is up. */
  readonly isUp: boolean;
  /** When retraining was asked for. */
  readonly retraining: string | null;
}

async function onsetOf(
  home: JudgedHome,
  { model, judged, now, isUp, retraining }: OnsetOptions,
): Promise<ChampionEvidence> {
  const { entry, rules } = judged;
  const entries = await entriesOf(home, model, Math.max(1, entry - 1), entry);
  const started = entries.at(-1)!;
  const ageDays = Math.max(0, now.getTime() - Date.parse(started.at)) / DAY_MS;
  const takeover = takeoverOf(started, entries.at(-2));
  const isOld = ageDays > rules.youngDays;
  // Without an alarm a grown-up release has nothing that would have to be explained.
  if (takeover === undefined || (isOld && !isUp)) return { comparisons: [], answers: [], ageDays };
  // Whatever changes after that is not the release's.
  const until = isOld ? new Date(takeover.at.getTime() + rules.youngDays * DAY_MS) : now;
  const { champion: challenger, predecessor: champion } = takeover;
  const record = await home.ledger.version(model, takeover.champion);
  const replayed = await replayedChampion(home, takeover, { rules, record, now: until });
  const [own, former] = await Promise.all([
    onsetComparisons(home, takeover, { rules, now: until, ...replayed }),
    formerEvidence(home, { model, challenger, champion }, judged, now),
  ]);
  // Once it was found that the world has changed, what was before the release is no measure any more.
  const hasChanged = retraining !== null && retraining >= started.at;
  const held = hasChanged ? own.filter(({ comparison: { kind } }) => kind !== 'truth') : own;
  const comparisons = [...merged([...held, ...former]).map(({ comparison }) => comparison), ...replayed.comparisons];
  return { comparisons, answers: replayed.answers, referenceWrong: referenceWrong(replayed.replays), ageDays };
}

/** What is known of a champion beside what was before it. */
interface ChampionEvidence {
  readonly comparisons: readonly AnyComparison[];
  readonly answers: readonly AnswerTrouble[];
  /** Wrong decisions of the predecessor, asked about the champion's requests. */
  readonly referenceWrong?: Counts;
  readonly ageDays: number;
}

/** Whether any truth of the model's predictions was ever joined. */
async function hasTruths({ data }: Pick<Home, 'data'>, model: string): Promise<boolean> {
  for await (const _ of data.list(talliesPrefix(model))) return true;
  return false;
}

/** A challenger of a release that says not by what. */
const notJudged = (version: number): JudgeVerdict => ({
  version,
  cause: null,
  action: 'wait',
  reason: 'its release does not say what it is judged by: release it again',
  findings: [],
  missing: [],
  about: [],
});
