import type { AlarmDefinition, EvaluatedWindow } from '../../core/alarms/alarm.ts';
import type { Counts } from '../../core/judge/counts.ts';
import type { SharedTrouble } from '../../core/judge/judge.ts';
import { proportionBounds } from '../../core/judge/proportion.ts';
import { versionDimensions } from '../../core/observability/metric-names.ts';
import type { ReleaseState } from '../../core/registry/ledger.ts';
import type { Home } from '../../platform/ports.ts';
import { driftPersistence } from '../drift/drift-history.ts';
import { troubledInputs } from './troubled-inputs.ts';

/** Least time that is looked at, so that a few answers in a row are no trouble. */
const MIN_WINDOW_MS = 600_000;
/** Chance of error of a look: it is looked at whenever an alarm is up. */
const LEVEL = 1e-5;
/** Chance of error of saying that a challenger does not have what the champion has. */
const FEW_LEVEL = 1e-2;
const NOTHING_TO_HOLD_AGAINST =
  'there is no version to go back to, and no reference with labels that says how often it was wrong: look at it, or register another version';
/** What is let pass above what is usual. */
const MARGIN = 0.1;
/** Share of slow answers that a p99 above its limit has. */
const USUAL_SLOW = 0.01;

export interface TroubleOptions {
  readonly model: string;
  readonly state: ReleaseState;
  /** Alarms that are up. */
  readonly up: readonly AlarmDefinition[];
  /** What was evaluated of those alarms, by their names; the rates of then are looked at. @default until now */
  readonly evaluated?: ReadonlyMap<string, EvaluatedWindow>;
  /** Share of wrong decisions on the reference; undefined where that is not known. */
  readonly baselineErrorRate: number | undefined;
  /** Whether truth is known of some decisions only: then no reference says what is usual of those. */
  readonly truthIsPartial: boolean;
  /** Whether truth of the model's predictions is known. */
  readonly truthKnown: boolean;
  readonly now: Date;
}

/**
 * What is wrong with every version that has traffic, by the alarms that are up: no change of version would help there;
 * and what is wrong with the champion alone, though nothing is known of why. An alarm alone is no trouble; the rate has to be above what is usual by more than chance.
 */
export async function sharedTrouble(
  home: Pick<Home, 'metrics' | 'data' | 'ledger' | 'artifacts'>,
  options: TroubleOptions,
): Promise<SharedTrouble[]> {
  const { state, up, now } = options;
  if (state.champion === null) return [];
  const metrics = new Map(up.map((definition) => [definition.metric, definition]));
  const found: SharedTrouble[] = [];
  for (const definition of metrics.values()) {
    const seen = await troubleOf(home, definition, options);
    if (seen === undefined) continue;
    const { championAlone, ...rest } = seen;
    const said = { ...rest, about: definition.metric };
    if (championAlone) {
      found.push({ ...said, cause: 'unclear', championAlone });
      continue;
    }
    // Neither labels of a reference nor another version tell whether it was ever better.
    const isFirst = state.previous.length === 0 && state.challengers.length === 0;
    if (definition.metric === 'PredictionError' && isFirst && options.baselineErrorRate === undefined)
      found.push({ ...said, cause: 'unclear', sentence: `${said.sentence}; ${NOTHING_TO_HOLD_AGAINST}` });
    else found.push({ ...said, cause: causeOf(definition) });
  }
  // Decisions go wrong, and inputs drift, where a column is empty: the column is what to mend.
  const explains = found.some(({ cause }) => cause === 'drift');
  const [version, former] = [state.champion, state.previous.at(-1)];
  const inputs = await troubledInputs(home, { model: options.model, version, former, now, explains });
  if (inputs.length > 0)
    return [
      ...inputs.map((sentence) => ({ cause: 'data', sentence, about: withoutNumbers(sentence) }) as const),
      ...found.filter(({ cause }) => cause !== 'drift'),
    ];
  // Retraining is asked for once; rollouts go on meanwhile.
  return state.retraining === null ? found : found.filter(({ cause }) => cause !== 'drift');
}

const CAUSES: Readonly<Record<string, SharedTrouble['cause']>> = {
  PredictionError: 'drift',
  Drift: 'drift',
  Violation: 'data',
};
const causeOf = ({ metric }: AlarmDefinition): SharedTrouble['cause'] => CAUSES[metric] ?? 'infrastructure';

/** What one occurrence is enough of: no rate is usual. */
const ONCE: Readonly<Record<string, string>> = {
  LoadFailure:
    'a version that has traffic could not be loaded; `trimtab status` says which, and who answers in its place',
  StaleRelease: 'an endpoint cannot read the ledger, and serves the last release that it knew',
  PrivacyFailure: 'the secret of personal fields could not be had, and such fields are left out',
};

/** `column age is empty` of `column age is empty in 40 % of 200 rows, where 1 % is usual`. */
const withoutNumbers = (sentence: string): string => sentence.replace(/ in \S+ % of \d+ (rows|requests).*$/, '');

async function troubleOf(
  home: Pick<Home, 'metrics' | 'data'>,
  definition: AlarmDefinition,
  options: TroubleOptions,
): Promise<SeenTrouble | undefined> {
  const { metric } = definition;
  if (ONCE[metric] !== undefined) return { sentence: `${metric}: ${ONCE[metric]}` };
  if (metric === 'Drift') return driftTrouble(home, options);
  if (metric === 'PredictionError' && options.truthIsPartial) return undefined;
  const { champion, challengers } = options.state;
  const versions = [champion!, ...challengers.map(({ version }) => version)];
  const rates = await Promise.all(versions.map((version) => recentRate(home, definition, version, options)));
  const usual = usualOf(definition, options.baselineErrorRate);
  const unusual = (1 + MARGIN) * usual;
  const [own, ...others] = rates as [Counts, ...Counts[]];
  const [ownLow] = proportionBounds(own, LEVEL);
  if (own.n === 0 || ownLow <= unusual) return undefined;
  const said = versions
    .map((version, i) => ({ version, rate: rates[i]! }))
    .filter(({ rate }) => rate.n > 0)
    .map(({ version, rate }) => `version ${version} ${percent(rate)}`)
    .join(', ');
  const above = `more than the usual ${Number((100 * usual).toPrecision(3))} %`;
  // Of a challenger with few answers, that it looks alike is enough: if it does not, it is compared with the champion.
  if (others.every(({ n }) => n === 0))
    return { sentence: `${metric}: version ${champion}, which alone has traffic, has ${above}: ${said}`, unusual };
  if (others.every(({ n, bad }) => n === 0 || bad / n > usual))
    return { sentence: `${metric}: every version with traffic has ${above}: ${said}`, unusual };
  const isSurelyLess = (each: Counts): boolean => proportionBounds(each, FEW_LEVEL)[1] < ownLow;
  if (!others.some(isSurelyLess))
    return {
      sentence: `${metric}: version ${champion} has ${above}, and of the others too little is known: ${said}`,
      unusual,
    };
  // A challenger that decides better is what retraining would bring.
  if (causeOf(definition) !== 'infrastructure') return undefined;
  return {
    sentence: `${metric}: version ${champion} has ${above}, and not every version beside it: ${said}; what it is, is not known`,
    championAlone: true,
  };
}

interface SeenTrouble {
  readonly sentence: string;
  readonly championAlone?: boolean;
  readonly unusual?: number;
}

/** What a model is worth says more than what it is given; without truth, drift that lasts is all there is. */
async function driftTrouble(
  home: Pick<Home, 'data'>,
  { model, state, truthKnown }: TroubleOptions,
): Promise<SeenTrouble | undefined> {
  if (truthKnown || (await driftPersistence(home, model, state.champion!)) === 'none') return undefined;
  return {
    sentence:
      'inputs of the model drift and go on to, and no truth of its predictions is known: that they are worse is estimated',
  };
}

function usualOf({ metric, threshold }: AlarmDefinition, baselineErrorRate: number | undefined): number {
  if (metric === 'Latency') return USUAL_SLOW;
  return metric === 'PredictionError' ? (baselineErrorRate ?? threshold) : threshold;
}

async function recentRate(
  home: Pick<Home, 'metrics'>,
  { name, metric, model, threshold, periodSeconds, evaluationPeriods }: AlarmDefinition,
  version: number,
  { now, evaluated, state }: Pick<TroubleOptions, 'now' | 'evaluated' | 'state'>,
): Promise<Counts> {
  const to = anchorOf(evaluated?.get(name), now);
  const window = Math.max(MIN_WINDOW_MS, 1_000 * periodSeconds * (evaluationPeriods + 1));
  const query = {
    metric,
    dimensions: versionDimensions(home.metrics.environment, model, version),
    periodSeconds: 60,
    // What came before the traffic last changed hands may be of the version that had it then.
    from: new Date(Math.max(to.getTime() - window, startOf(state, to))),
    to,
  };
  const total = async (statistic: string): Promise<number> =>
    (await home.metrics.query({ ...query, statistic })).reduce((sum, { value }) => sum + value, 0);
  const [n, bad] = await Promise.all([total('SampleCount'), total(metric === 'Latency' ? `TC(${threshold}:)` : 'Sum')]);
  return { n, bad };
}

/** The end of what an alarm was evaluated by, which is never later than now. */
const anchorOf = (evaluated: EvaluatedWindow | undefined, now: Date): Date =>
  evaluated === undefined ? now : new Date(Math.min(now.getTime(), Date.parse(evaluated.to)));

/** When the traffic last changed hands; clocks that are ahead say nothing. */
function startOf({ since }: TroubleOptions['state'], to: Date): number {
  const at = since === null ? Number.NEGATIVE_INFINITY : Date.parse(since);
  return at > to.getTime() ? Number.NEGATIVE_INFINITY : at;
}

const percent = ({ n, bad }: Counts): string => `${Number(((100 * bad) / n).toPrecision(3))} % of ${n}`;
