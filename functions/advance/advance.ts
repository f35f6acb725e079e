import type { AlarmDefinition } from '../../core/alarms/alarm.ts';
import { ReleaseConflictError, ReleaseRefusedError } from '../../core/registry/errors.ts';
import type { Challenger, Entry, ReleaseState } from '../../core/registry/ledger.ts';
import type { EndpointProbe, Home } from '../../platform/ports.ts';
import { Registry } from '../../platform/registry.ts';
import { keepSnapshot, newestRevision } from '../../platform/snapshots.ts';
import { alarmState } from '../alarm-states.ts';
import { alarmDefinitions } from '../alarms.ts';
import { reconsider } from '../rollback/roll-back.ts';
import { verifyOnce } from '../rollback/verify.ts';

/** What became of one model's rollout. */
export interface Advance {
  readonly model: string;
  readonly entry?: Entry;
  /** Why nothing was written. */
  readonly waiting?: string;
}

/**
 * Moves every canary on whose step has held long enough, has had traffic, and has no alarm that rolls back up; the
 * last step promotes it. Also looks once for rollbacks that have not been seen yet, and again at alarms that are up,
 * and keeps a snapshot of a release whose own could not be written.
 *
 * One model's failure does not keep the others waiting; it is thrown, with the rest, at the end.
 */
export async function advanceRollouts(home: Home, now: Date, probe?: EndpointProbe): Promise<Advance[]> {
  const done: Advance[] = [];
  const failures: unknown[] = [];
  for (const model of await home.ledger.models()) {
    try {
      done.push(await advanceModel(home, now, model, probe));
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
  if (latest && (await newestRevision(home.artifacts, model)) < latest.number) await keepSnapshot(home, latest);
}

async function advanceModel(home: Home, now: Date, model: string, probe?: EndpointProbe): Promise<Advance> {
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
    const entry = await reconsider(home, probe, alarm);
    if (entry) return { model, entry };
  }
  if (state.challengers.length === 0) return { model, waiting: 'no canary' };
  const waiting: string[] = [];
  for (const challenger of state.challengers) {
    const done = await advanceChallenger(home, registry, now, model, state, challenger, up);
    // The others are judged by the release as it is now, at the next look.
    if (typeof done !== 'string') return { model, entry: done };
    waiting.push(state.challengers.length === 1 ? done : `version ${challenger.version}: ${done}`);
  }
  return { model, waiting: waiting.join('; ') };
}

/** @returns the entry that was written, or what is waited for */
async function advanceChallenger(
  home: Home,
  registry: Registry,
  now: Date,
  model: string,
  state: ReleaseState,
  challenger: Challenger,
  up: readonly AlarmDefinition[],
): Promise<Entry | string> {
  const { version, weight, since } = challenger;
  const { stepSeconds } = (await registry.version(model, version)).manifest.rollout;
  // Clocks that are set by AWS's still differ by a second.
  const held = Math.max(0, now.getTime() - Date.parse(since)) / 1_000;
  if (held < stepSeconds) return `the step has held ${Math.floor(held)} of ${stepSeconds} s`;

  if (up.length > 0) return `alarms are up: ${up.map(({ name }) => name).join(', ')}`;
  if (!(await hadTraffic(home, model, challenger, now))) return 'the challenger has had no traffic in this step';

  const reason = `held ${Math.floor(held)} s at ${weight} with traffic and no alarm`;
  try {
    return await registry.apply(model, { type: 'advance', version, reason }, { expectedRevision: state.revision });
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

async function hadTraffic(home: Home, model: string, challenger: Challenger, now: Date): Promise<boolean> {
  const rows = await home.metrics.query({
    metric: 'Rows',
    dimensions: { Model: model, Version: String(challenger.version) },
    statistic: 'Sum',
    periodSeconds: 60,
    from: new Date(challenger.since),
    to: now,
  });
  return rows.some(({ value }) => value > 0);
}
