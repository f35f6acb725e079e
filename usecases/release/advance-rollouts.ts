import type { ProducerSchedules } from '../../core/alarms/schedules.ts';
import type { JudgeVerdict } from '../../core/judge/verdict.ts';
import { judgeLine } from '../../core/observability/judge-lines.ts';
import type { Command } from '../../core/registry/commands.ts';
import { ReleaseConflictError, ReleaseRefusedError } from '../../core/registry/errors.ts';
import type { Entry } from '../../core/registry/ledger.ts';
import { keptLately } from '../../platform/anchors.ts';
import type { EndpointProbe, Home } from '../../platform/ports.ts';
import { storeSnapshot } from '../../platform/snapshots.ts';
import { makeUpForKept } from '../registry/keep-release.ts';
import { Registry } from '../registry/registry.ts';
import { nextTestCommand } from './ab-test.ts';
import { alarmsUp } from './alarms-up.ts';
import { askPerson, readAsked } from './ask-person.ts';
import { withoutBlockedSteps } from './blocked-steps.ts';
import { withBoundedEvidence } from './bounded-evidence.ts';
import type { ChallengerReview } from './challenger-review.ts';
import { driftGoesOn } from './drift-goes-on.ts';
import { type Judgement, judgeModel } from './judge-model.ts';
import { nextCommand } from './next-command.ts';
import { type Look, questionsOf } from './questions.ts';
import { intentionOf, type Review, restrained } from './restraint.ts';
import { retrainedVersion } from './retrained-version.ts';
import { nextShadowCommand } from './shadow.ts';
import { AGAIN_MS, commandsOf } from './verdict-command.ts';
import { awaitVerification, type VerifyOptions, verifyOnce } from './verify-rollback.ts';

const ACTOR = 'function:advance';

export interface LookOptions extends VerifyOptions {
  /** How often the functions run whose metrics alarms look at. @default as deployed */
  readonly schedules?: ProducerSchedules | undefined;
}

/** What was done about one model's rollout. */
export interface Advance {
  readonly model: string;
  readonly entry?: Entry;
  /** Why no entry was written. */
  readonly waiting?: string;
}

/**
 * Takes the next step in the rollout of every model, where one is due; to be called on a schedule.
 *
 * In this order, and at most one entry a model: looks whether a rollback that was not seen yet is followed by the
 * endpoint; starts the canary of a shadow that agrees; asks the judge about every version that is young, takes back what
 * is worse, says what is wrong with all, takes the steps that are due; ends A/B tests that are decided. Afterwards it
 * asks a person what only a person can decide, and stores the snapshot of a release whose own could not be written. A
 * heartbeat says that all models were judged.
 *
 * @param probe looks at what the endpoint serves; without it, rollbacks are not verified
 * @param options how long a rollback that is made here is given to be seen, and how often the functions run
 * @throws AggregateError at the end, with the failures of all models: one model's does not keep the others waiting
 */
export async function advanceRollouts(
  home: Home,
  now: Date,
  probe?: EndpointProbe,
  options: LookOptions = {},
): Promise<Advance[]> {
  const done: Advance[] = [];
  const failures: unknown[] = [];
  for (const model of await home.ledger.models()) {
    try {
      const { advance, look } = await advanceModel(home, now, model, { probe, ...options });
      done.push(advance);
      const state = await new Registry(home, ACTOR).state(model);
      const retrained = await retrainedVersion(home, model, state);
      const questions = questionsOf({ ...look, retrained }, state, now);
      await askPerson(home, { model, now, questions });
    } catch (error) {
      failures.push(error);
    }
    await makeUp(home, model).catch((error: unknown) => failures.push(error));
  }
  const value = failures.length === 0 ? 1 : 0;
  home.metrics.write(judgeLine('JudgeHeartbeat', { environment: home.metrics.environment, at: now.getTime(), value }));
  if (failures.length > 0)
    throw new AggregateError(failures, `${failures.length} rollouts or snapshots could not be seen to`);
  return done;
}

async function makeUp(home: Home, model: string): Promise<void> {
  const latest = await home.ledger.latest(model);
  if (latest === undefined) return;
  const { newest, anchored } = await keptLately(home.artifacts, model);
  if (newest < latest.number) await storeSnapshot(home, latest);
  await makeUpForKept(home, latest, anchored);
}

async function advanceModel(
  home: Home,
  now: Date,
  model: string,
  { probe, schedules, ...verify }: { readonly probe: EndpointProbe | undefined } & LookOptions,
): Promise<{ advance: Advance; look: Look }> {
  const registry = new Registry(home, ACTOR);
  const state = await registry.state(model);
  let driftIsOver = false;
  let undone: string | undefined;
  const ended = (advance: Advance, judged: readonly Judgement[] = []) => ({
    advance,
    look: { judged, revision: state.revision, driftIsOver, waiting: undone ?? advance.waiting },
  });
  if (state.awaiting && probe) {
    const seen = await verifyOnce(home, probe, model);
    return ended(
      seen === undefined || seen === 'not yet' ? { model, waiting: 'rollback not seen yet' } : { model, entry: seen },
    );
  }
  const { challengers, shadow } = state;
  const waiting: string[] = [];
  if (shadow?.canary !== undefined) {
    const { manifest } = await registry.version(model, shadow.version);
    const command = await nextShadowCommand(home, { now, model, shadow, policy: manifest.rollout.shadow });
    const done = typeof command === 'string' ? command : await carryOut(home, registry, { model, now, state }, command);
    if (typeof done !== 'string') return ended({ model, entry: done });
    waiting.push(done);
  }
  const [alarms, asked] = await Promise.all([alarmsUp(home, { model, now, state, schedules }), readAsked(home, model)]);
  const judged = await judgeModel(home, { model, now, state, ...alarms });
  driftIsOver = state.retraining !== null && !(await driftGoesOn(home, { model, now, state, ...alarms }));
  const command = await nextCommand(home, {
    ...{ model, now, state, asked },
    judged: judged.map(withoutBlockedSteps(challengers)),
    history: () => registry.entriesSince(model, new Date(now.getTime() - AGAIN_MS)),
  });
  if (command !== undefined) {
    const done = await carryOut(home, registry, { model, now, state }, command);
    if (typeof done !== 'string')
      return ended({ model, entry: await seen(home, model, done, { probe, verify }) }, judged);
    undone = done;
    waiting.push(done);
  } else {
    // What the ledger says already is not said again; why it is not done is still asked about.
    const [first] = commandsOf(judged, state);
    undone = first && (await intentionOf(home, first, { model, now, state }))?.restraint?.sentence;
  }
  for (const { verdict, challenger } of judged) {
    if (challenger === undefined) continue;
    const said = await waitingFor(home, registry, { now, model, state, challenger, verdict });
    // The others are judged by the release as it is now, at the next look.
    if (typeof said !== 'string') return ended({ model, entry: said }, judged);
    waiting.push(challengers.length === 1 ? said : `version ${challenger.version}: ${said}`);
  }
  return ended({ model, waiting: waiting.length === 0 ? 'no canary' : waiting.join('; ') }, judged);
}

/** @returns the entry that was written, or what is waited for */
async function waitingFor(
  home: Home,
  registry: Registry,
  review: { readonly model: string; readonly verdict: JudgeVerdict } & Omit<ChallengerReview, 'version'>,
): Promise<Entry | string> {
  const { model, now, challenger, state, verdict } = review;
  if (challenger.test === undefined) return verdict.reason;
  const version = await registry.version(model, challenger.version);
  const command = await nextTestCommand(home, { ...review, version });
  return typeof command === 'string' ? command : carryOut(home, registry, { model, now, state }, command);
}

/** What was taken back is waited for to be seen. */
async function seen(
  home: Home,
  model: string,
  entry: Entry,
  { probe, verify }: { readonly probe: EndpointProbe | undefined; readonly verify: VerifyOptions },
): Promise<Entry> {
  if (probe && (entry.kind === 'rolled-back' || entry.kind === 'canary-aborted'))
    await awaitVerification(home, probe, model, verify);
  return entry;
}

/** @returns the entry, or why there is none */
async function carryOut(
  home: Pick<Home, 'ledger' | 'data'>,
  registry: Registry,
  review: Review,
  command: Command,
): Promise<Entry | string> {
  const { model, state } = review;
  const allowed = await restrained(home, command, review);
  if (allowed === undefined) {
    const intention = await intentionOf(home, command, review);
    return intention?.restraint?.sentence ?? 'automation does nothing now, as the ledger says';
  }
  try {
    const bounded = await withBoundedEvidence(home, model, allowed);
    return await registry.apply(model, bounded, { expectedRevision: state.revision });
  } catch (error) {
    // Somebody changed the release while it was being judged: it is judged anew at the next look. And another
    // challenger may have what the next step wants.
    if (error instanceof ReleaseConflictError || error instanceof ReleaseRefusedError) return error.message;
    throw error;
  }
}
