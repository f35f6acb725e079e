import type { AlarmDefinition } from '../../core/alarms/alarm.ts';
import type { Command } from '../../core/registry/commands.ts';
import { ReleaseConflictError, ReleaseRefusedError } from '../../core/registry/errors.ts';
import type { Entry, ReleaseState } from '../../core/registry/ledger.ts';
import type { EndpointProbe, Home } from '../../platform/ports.ts';
import { newestRevision, storeSnapshot } from '../../platform/snapshots.ts';
import { Registry } from '../registry/registry.ts';
import { nextTestCommand } from './ab-test.ts';
import { alarmDefinitions } from './alarm-definitions.ts';
import { alarmState } from './alarm-state.ts';
import { nextCanaryCommand } from './canary.ts';
import type { ChallengerReview } from './challenger-review.ts';
import { reconsider } from './roll-back.ts';
import { nextShadowCommand } from './shadow.ts';
import { type VerifyOptions, verifyOnce } from './verify-rollback.ts';

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
 * endpoint; evaluates alarms that are still up again; starts the canary of a shadow that agrees; advances, promotes or
 * aborts canaries; ends A/B tests that are decided. Afterwards it stores the snapshot of a release whose own could not
 * be written.
 *
 * @param probe looks at what the endpoint serves; without it, rollbacks are not verified
 * @param verify how long a rollback that is made here is given to be seen
 * @throws AggregateError at the end, with the failures of all models: one model's does not keep the others waiting
 */
export async function advanceRollouts(
  home: Home,
  now: Date,
  probe?: EndpointProbe,
  verify: VerifyOptions = {},
): Promise<Advance[]> {
  const done: Advance[] = [];
  const failures: unknown[] = [];
  for (const model of await home.ledger.models()) {
    try {
      done.push(await advanceModel(home, now, model, { probe, verify }));
    } catch (error) {
      failures.push(error);
    }
    await makeUpForSnapshot(home, model).catch((error: unknown) => failures.push(error));
  }
  if (failures.length > 0)
    throw new AggregateError(failures, `${failures.length} rollouts or snapshots could not be seen to`);
  return done;
}

async function makeUpForSnapshot(home: Home, model: string): Promise<void> {
  const latest = await home.ledger.latest(model);
  if (latest && (await newestRevision(home.artifacts, model)) < latest.number) await storeSnapshot(home, latest);
}

async function advanceModel(
  home: Home,
  now: Date,
  model: string,
  { probe, verify }: { readonly probe: EndpointProbe | undefined; readonly verify: VerifyOptions },
): Promise<Advance> {
  const registry = new Registry(home, 'function:advance');
  const state = await registry.state(model);
  if (state.awaiting && probe) {
    const seen = await verifyOnce(home, probe, model);
    return seen === undefined || seen === 'not yet'
      ? { model, waiting: 'rollback not seen yet' }
      : { model, entry: seen };
  }
  const up = await alarmsUp(home, model, now);
  for (const { name } of up) {
    const alarm = {
      alarm: name,
      model,
      from: 'ALARM',
      to: 'ALARM',
      at: now.toISOString(),
      reason: 'still up',
    } as const;
    const entry = await reconsider(home, probe, alarm, verify);
    if (entry) return { model, entry };
  }
  const { challengers, shadow } = state;
  const waiting: string[] = [];
  if (shadow?.canary !== undefined && up.length === 0) {
    const { manifest } = await registry.version(model, shadow.version);
    const command = await nextShadowCommand(home, { now, model, shadow, policy: manifest.rollout.shadow });
    const done = typeof command === 'string' ? command : await carryOut(registry, model, state, command);
    if (typeof done !== 'string') return { model, entry: done };
    waiting.push(done);
  } else if (challengers.length === 0) return { model, waiting: 'no canary' };
  for (const challenger of challengers) {
    const version = await registry.version(model, challenger.version);
    const done = await advanceChallenger(home, registry, { now, state, challenger, version, up });
    // The others are judged by the release as it is now, at the next look.
    if (typeof done !== 'string') return { model, entry: done };
    waiting.push(challengers.length === 1 ? done : `version ${challenger.version}: ${done}`);
  }
  return { model, waiting: waiting.join('; ') };
}

/** @returns the entry that was written, or what is waited for */
async function advanceChallenger(home: Home, registry: Registry, review: ChallengerReview): Promise<Entry | string> {
  const next = review.challenger.test === undefined ? nextCanaryCommand : nextTestCommand;
  const command = await next(home, review);
  return typeof command === 'string' ? command : carryOut(registry, review.version.model, review.state, command);
}

/** @returns the entry, or why there is none */
async function carryOut(
  registry: Registry,
  model: string,
  state: ReleaseState,
  command: Command,
): Promise<Entry | string> {
  try {
    return await registry.apply(model, command, { expectedRevision: state.revision });
  } catch (error) {
    // Somebody changed the release while it was being judged: it is judged anew at the next look. And another
    // challenger may have what the next step wants.
    if (error instanceof ReleaseConflictError || error instanceof ReleaseRefusedError) return error.message;
    throw error;
  }
}

async function alarmsUp(home: Home, model: string, now: Date): Promise<AlarmDefinition[]> {
  const { definitions } = await alarmDefinitions(home, model);
  const rolling = definitions.filter(({ action }) => action === 'rollback');
  const states = await Promise.all(rolling.map((definition) => alarmState(home, definition, now, 'OK')));
  return rolling.filter((_, i) => states[i]!.state === 'ALARM');
}
