import type { Command } from './commands.ts';
import { ReleaseRefusedError } from './errors.ts';
import type { Challenger, Entry, EntryKind, ReleaseState } from './ledger.ts';

export interface DecideContext {
  readonly model: string;
  /** ISO 8601 in UTC. */
  readonly at: string;
  readonly actor: string;
}

/** What a command does: the entry's kind, the version it is about, and what changes in the state. */
interface Effect {
  readonly kind: EntryKind;
  readonly version: number | null;
  readonly change: Partial<ReleaseState>;
}

/**
 * The release state machine: what a command makes of a state.
 *
 * @returns the entry to append, numbered `state.revision + 1` and carrying the whole resulting state
 * @throws ReleaseRefusedError when the command does not fit the state; nothing has changed then
 */
export function decide(state: ReleaseState, command: Command, context: DecideContext): Entry {
  const { kind, version, change } = effectOf(state, command, context.at);
  const number = state.revision + 1;
  return {
    model: context.model,
    number,
    kind,
    version,
    at: context.at,
    actor: context.actor,
    reason: command.reason,
    ...('cause' in command && command.cause !== undefined ? { cause: command.cause } : {}),
    ...('evidence' in command && command.evidence !== undefined
      ? { evidence: command.evidence as NonNullable<Entry['evidence']> }
      : {}),
    state: { ...state, ...change, revision: number },
  };
}

function effectOf(state: ReleaseState, command: Command, at: string): Effect {
  switch (command.type) {
    case 'register':
      if (command.version !== state.latest + 1)
        refuse(`the next version is ${state.latest + 1}, received ${command.version}`);
      return { kind: 'registered', version: command.version, change: { latest: command.version, retraining: null } };
    case 'approve':
      mustExist(state, command.version);
      if (state.approved.includes(command.version)) refuse(`version ${command.version} is approved already`);
      return {
        kind: 'approved',
        version: command.version,
        change: { approved: [...state.approved, command.version], rejected: without(state.rejected, command.version) },
      };
    case 'reject':
      mustExist(state, command.version);
      if (state.rejected.includes(command.version)) refuse(`version ${command.version} is rejected already`);
      mustBeIdle(state, command.version);
      return {
        kind: 'rejected',
        version: command.version,
        change: {
          rejected: [...state.rejected, command.version],
          approved: without(state.approved, command.version),
          previous: without(state.previous, command.version),
        },
      };
    case 'release':
      mustBeReleasable(state, command.version);
      mustHaveNoCanary(state);
      if (state.champion === command.version) refuse(`version ${command.version} is the champion already`);
      return { kind: 'released', version: command.version, change: crown(state, command.version, at) };
    case 'start-canary':
      return startCanary(state, command.version, command.steps, at);
    case 'advance':
      return advance(state, at);
    case 'promote': {
      const { version } = mustHaveCanary(state);
      return { kind: 'promoted', version, change: crown(state, version, at) };
    }
    case 'abort-canary': {
      const { version } = mustHaveCanary(state);
      const champion = mustHaveChampion(state);
      return {
        kind: 'canary-aborted',
        version: champion,
        change: {
          challenger: null,
          since: at,
          lastRollback: at,
          awaiting: { target: champion, since: at },
          ...(command.quarantine ? quarantine(state, version, command.reason) : {}),
        },
      };
    }
    case 'roll-back':
      return rollBack(state, command.to, command.quarantine, command.reason, at);
    case 'verify-rollback':
      if (state.awaiting === null) refuse('no rollback is waiting to be seen');
      if (state.awaiting?.target !== command.target)
        refuse(`the rollback to version ${state.awaiting?.target} is waited for, received ${command.target}`);
      return { kind: 'rollback-verified', version: command.target, change: { awaiting: null } };
    case 'start-shadow':
      mustBeReleasable(state, command.version);
      mustBeIdle(state, command.version);
      mustHaveChampion(state);
      if (state.shadow !== null) refuse(`version ${state.shadow} is the shadow already: stop it first`);
      return { kind: 'shadow-started', version: command.version, change: { shadow: command.version } };
    case 'stop-shadow':
      if (state.shadow === null) refuse('there is no shadow to stop');
      return { kind: 'shadow-stopped', version: state.shadow, change: { shadow: null } };
    case 'quarantine':
      mustExist(state, command.version);
      mustBeIdle(state, command.version);
      if (isQuarantined(state, command.version)) refuse(`version ${command.version} is quarantined already`);
      return {
        kind: 'quarantined',
        version: command.version,
        change: quarantine(state, command.version, command.reason),
      };
    case 'lift-quarantine':
      if (!isQuarantined(state, command.version))
        refuse(
          `version ${command.version} is not quarantined; quarantined: ${listed(state.quarantined.map((q) => q.version))}`,
        );
      return {
        kind: 'quarantine-lifted',
        version: command.version,
        change: { quarantined: state.quarantined.filter((q) => q.version !== command.version) },
      };
    case 'hold-alarm':
      mustHaveVersions(state);
      return { kind: 'alarm-held', version: state.challenger?.version ?? state.champion, change: {} };
    case 'request-retraining':
      mustHaveVersions(state);
      return { kind: 'retraining-requested', version: state.champion, change: { retraining: at } };
    case 'forget-subject':
      mustHaveVersions(state);
      return { kind: 'subject-forgotten', version: null, change: {} };
  }
}

function startCanary(state: ReleaseState, version: number, steps: readonly number[], at: string): Effect {
  mustBeReleasable(state, version);
  mustHaveNoCanary(state);
  const champion = mustHaveChampion(state);
  if (champion === version) refuse(`version ${version} is the champion: a canary needs another version`);
  const ascending = steps.every((w, i) => w > (steps[i - 1] ?? 0)) && steps.at(-1) === 1;
  if (!ascending || steps.length < 2)
    refuse(`a canary's steps are at least two ascending shares, the last 1, received ${JSON.stringify(steps)}`);
  const challenger: Challenger = { version, weight: steps[0]!, steps: [...steps], step: 0, since: at };
  return {
    kind: 'canary-started',
    version,
    change: { challenger, since: at, shadow: state.shadow === version ? null : state.shadow },
  };
}

function advance(state: ReleaseState, at: string): Effect {
  const challenger = mustHaveCanary(state);
  const step = challenger.step + 1;
  const weight = challenger.steps[step]!;
  if (weight === 1)
    return { kind: 'promoted', version: challenger.version, change: crown(state, challenger.version, at) };
  return {
    kind: 'canary-advanced',
    version: challenger.version,
    change: { challenger: { ...challenger, step, weight, since: at }, since: at },
  };
}

function rollBack(state: ReleaseState, to: number | undefined, bar: boolean, reason: string, at: string): Effect {
  const champion = mustHaveChampion(state);
  const target = to ?? state.previous.at(-1);
  if (target === undefined) refuse(`version ${champion} has no former champion to go back to`);
  if (!state.previous.includes(target!))
    refuse(`a rollback goes to a former champion that is still good (${listed(state.previous)}), received ${to}`);
  // Champions after the target are what is being gone back from: none of them is a place to return to.
  const previous = state.previous.slice(0, state.previous.indexOf(target!));
  const shadow = state.shadow === target ? null : state.shadow;
  const change: Partial<ReleaseState> = {
    champion: target!,
    previous,
    challenger: null,
    shadow,
    since: at,
    lastRollback: at,
    awaiting: { target: target!, since: at },
    ...(bar ? quarantine({ ...state, previous, shadow }, champion, reason) : {}),
  };
  return { kind: 'rolled-back', version: target!, change };
}

/** Gives a version all the traffic; the champion before it becomes the first place to return to. */
function crown(state: ReleaseState, version: number, at: string): Partial<ReleaseState> {
  const previous = without(state.previous, version);
  return {
    champion: version,
    previous: state.champion === null ? previous : [...without(previous, state.champion), state.champion],
    challenger: null,
    shadow: state.shadow === version ? null : state.shadow,
    since: at,
    // What was waited for can no longer be seen.
    awaiting: null,
  };
}

function quarantine(state: ReleaseState, version: number, reason: string): Partial<ReleaseState> {
  return {
    quarantined: [...state.quarantined.filter((q) => q.version !== version), { version, reason }],
    previous: without(state.previous, version),
    shadow: state.shadow === version ? null : state.shadow,
  };
}

const without = (versions: readonly number[], version: number): number[] => versions.filter((v) => v !== version);
const isQuarantined = (state: ReleaseState, version: number): boolean =>
  state.quarantined.some((q) => q.version === version);
const listed = (versions: readonly number[]): string => (versions.length === 0 ? 'none' : versions.join(', '));

function refuse(message: string): never {
  throw new ReleaseRefusedError(message);
}

function mustExist(state: ReleaseState, version: number): void {
  if (!Number.isInteger(version) || version < 1 || version > state.latest)
    refuse(`there is no version ${version}; registered: ${state.latest === 0 ? 'none' : `1 to ${state.latest}`}`);
}

function mustBeReleasable(state: ReleaseState, version: number): void {
  mustExist(state, version);
  const barred = state.quarantined.find((q) => q.version === version);
  if (barred) refuse(`version ${version} is quarantined (${barred.reason}): lift that first`);
  if (state.rejected.includes(version)) refuse(`version ${version} is rejected: approve it first`);
  if (!state.approved.includes(version))
    refuse(`version ${version} is not approved; approved: ${listed(state.approved)}`);
}

/** A version with traffic, mirrored traffic included, cannot be barred or mirrored under its users' feet. */
function mustBeIdle(state: ReleaseState, version: number): void {
  if (state.champion === version) refuse(`version ${version} is the champion: roll back or release another first`);
  if (state.challenger?.version === version) refuse(`version ${version} is the challenger: abort the canary first`);
  if (state.shadow === version) refuse(`version ${version} is the shadow: stop it first`);
}

function mustHaveVersions(state: ReleaseState): void {
  if (state.latest === 0) refuse('no version has been registered yet: register one first');
}

function mustHaveChampion(state: ReleaseState): number {
  if (state.champion === null) refuse('no version has been released yet: release one first');
  return state.champion!;
}

function mustHaveCanary(state: ReleaseState): Challenger {
  if (state.challenger === null)
    refuse(
      `there is no canary: ${state.champion === null ? 'nothing is released' : `version ${state.champion} has all the traffic`}`,
    );
  return state.challenger!;
}

function mustHaveNoCanary(state: ReleaseState): void {
  if (state.challenger !== null)
    refuse(
      `version ${state.challenger.version} is a canary with ${state.challenger.weight} of the traffic: promote or abort it first`,
    );
}
