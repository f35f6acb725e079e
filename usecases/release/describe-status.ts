import { aheadBy } from '../../core/registry/ahead.ts';
import { UnknownVersionError } from '../../core/registry/errors.ts';
import type { EndpointProbe, Home } from '../../platform/ports.ts';
import { describeTruthBacklog } from '../ground-truth/truth-backlog.ts';
import { learnTruthDelay } from '../quality/learn-truth-delay.ts';
import type { Registry } from '../registry/registry.ts';
import { openQuestions, readAsked } from './ask-person.ts';
import { readBusinessMetrics } from './business-metrics.ts';
import { automationStatusOf, judgeStatusOf } from './judge-status.ts';
import { pagingStates } from './paging-states.ts';
import { challengerStatuses, replayStatusOf } from './rollout-status.ts';
import { servingStatusOf } from './serving-status.ts';
import { shadowStatusOf } from './shadow.ts';
import type { ModelStatus, StatusView, TruthDelayView } from './status-view.ts';

/**
 * What is released, and how rollouts come along. A release is shown also where metrics cannot be read.
 *
 * @param model @default all of the home
 * @param probe asks the endpoint, where there is one to ask @default metrics tell who serves
 * @throws UnknownVersionError when there is no such model
 */
export async function describeStatus(
  home: Home,
  registry: Registry,
  model?: string,
  probe?: EndpointProbe,
): Promise<StatusView> {
  const now = home.clock.now();
  const names = model === undefined ? await home.ledger.models() : [model];
  const models = await Promise.all(names.map((name) => statusOf(home, registry, { model: name, now, probe })));
  if (model !== undefined && models[0]!.release.revision === 0) throw new UnknownVersionError(model);
  const paging = await pagingStates(home, now).then(
    ({ alarms }) => alarms,
    () => null,
  );
  const bookkeeping = await home.bookkeepingNotes().then(
    (notes) => [...notes],
    () => null,
  );
  return { at: now.toISOString(), models, paging, bookkeeping };
}

async function statusOf(
  home: Home,
  registry: Registry,
  { model, now, probe }: { readonly model: string; readonly now: Date; readonly probe: EndpointProbe | undefined },
): Promise<ModelStatus> {
  const release = await registry.state(model);
  const unread: string[] = [];
  const tried = async <T>(what: string, reading: Promise<T>): Promise<T | null> => {
    try {
      return await reading;
    } catch (error) {
      unread.push(`${what}: ${(error as Error).message}`);
      return null;
    }
  };
  const { shadow } = release;
  const review = { model, now, state: release };
  const judge = await tried('what the judge finds', judgeStatusOf(home, review));
  const verdicts = judge?.verdicts ?? [];
  const [serving, challengers, shadowStatus, automation, business, replay, truthDelay, truths, asked] =
    await Promise.all([
      tried('who serves', servingStatusOf(home, review, probe)),
      tried('progress of challengers', challengerStatuses(home, registry, review, verdicts)),
      shadow === null ? null : tried('progress of the shadow', shadowStatusOf(home, now, model, shadow)),
      automationStatusOf(home, review),
      tried('business metrics', readBusinessMetrics(home, registry, model, release.champion)),
      replayStatusOf(home, model, release),
      tried('delay of truths', truthDelayOf(home, model, release.champion ?? release.latest)),
      tried('truths that wait', describeTruthBacklog(home, model, now)),
      tried('questions of the judge', readAsked(home, model).then(openQuestions)),
    ]);
  const read = {
    serving,
    challengers,
    shadow: shadowStatus,
    judge,
    automation,
    business,
    replay,
    truthDelay,
    truths,
    asked,
  };
  const ahead = (release.since !== null && aheadBy(release.since, now)) || null;
  return { model, release, ahead, ...read, unread: unread.sort() };
}

async function truthDelayOf(home: Home, model: string, version: number): Promise<TruthDelayView | null> {
  const record = await home.ledger.version(model, version);
  const delay = record && (await learnTruthDelay(home, model, record.manifest, home.clock.now()));
  if (delay === undefined) return null;
  if ('reason' in delay)
    return { p90Ms: null, medianMs: null, uncorrectedP90Ms: null, truths: delay.n, reason: delay.reason };
  return {
    p90Ms: delay.p90,
    medianMs: delay.median,
    uncorrectedP90Ms: delay.uncorrected,
    truths: delay.n,
    reason: null,
  };
}
