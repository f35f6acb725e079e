import type { JudgeRules } from '../judge/rules.ts';
import type { Command } from './commands.ts';
import { formerOf, withEnded } from './former.ts';
import { mustBeFreezeEnd } from './freeze.ts';
import {
  assertVersionExists,
  challengerOf,
  isQuarantined,
  listed,
  mustBeIdle,
  mustBeReleasable,
  mustBeSteps,
  mustHaveChampion,
  mustHaveNoChallenger,
  mustHaveVersions,
  mustLeaveChampion,
} from './guards.ts';
import type { Challenger, Entry, EntryKind, Judged, ReleaseState, Shadow } from './ledger.ts';
import { refuse } from './refuse.ts';
import { grow } from './slices.ts';

/** Who gives a command, when, and about which model. */
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
 * The release state machine: applies a command to a state.
 *
 * @returns the entry to append, numbered `state.revision + 1` and carrying the whole resulting state
 * @throws ReleaseRefusedError when the state does not allow the command
 */
export function decide(state: ReleaseState, command: Command, context: DecideContext): Entry {
  const { kind, version, change } = effectOf(state, command, context);
  const number = state.revision + 1;
  const { judged, frozen, ...resulting }: ReleaseState = { ...state, ...change, revision: number };
  return {
    schemaVersion: 1,
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
    state: { ...resulting, ...(judged && { judged }), ...(frozen && { frozen }) },
  };
}

function effectOf(state: ReleaseState, command: Command, { at, actor }: DecideContext): Effect {
  switch (command.type) {
    case 'register':
      if (command.version !== state.latest + 1)
        refuse(`the next version is ${state.latest + 1}, received ${command.version}`);
      return { kind: 'registered', version: command.version, change: { latest: command.version } };
    case 'approve':
      assertVersionExists(state, command.version);
      if (state.approved.includes(command.version)) refuse(`version ${command.version} is approved already`);
      return {
        kind: 'approved',
        version: command.version,
        change: { approved: [...state.approved, command.version], rejected: without(state.rejected, command.version) },
      };
    case 'reject':
      assertVersionExists(state, command.version);
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
      mustHaveNoChallenger(state);
      if (state.champion === command.version) refuse(`version ${command.version} is the champion already`);
      return { kind: 'released', version: command.version, change: crown(state, command.version, at, command.rules) };
    case 'start-canary':
      return startCanary(state, command, at);
    case 'start-test':
      return startTest(state, command, at);
    case 'end-test': {
      const { version, test } = challengerOf(state, command.version);
      if (test === undefined)
        return refuse(`version ${version} is a canary, and no A/B test: promote it or take it back`);
      const rest = state.challengers.filter((each) => each.version !== version);
      return { kind: 'test-ended', version, change: { ...challenging(state, rest), since: at } };
    }
    case 'wait': {
      const challenger = challengerOf(state, command.version);
      const waits = state.challengers.map((each) => (each === challenger ? { ...each, waiting: at } : each));
      return { kind: 'canary-waits', version: challenger.version, change: { challengers: waits } };
    }
    case 'advance':
      return advance(state, challengerOf(state, command.version), at);
    case 'promote': {
      const { version } = challengerOf(state, command.version);
      return { kind: 'promoted', version, change: crown(state, version, at) };
    }
    case 'abort-canary':
      return abort(state, command, at);
    case 'roll-back':
      return rollBack(state, command, at);
    case 'verify-rollback':
      if (state.awaiting === null) refuse('no rollback is waiting to be seen');
      if (state.awaiting?.target !== command.target)
        refuse(`the rollback to version ${state.awaiting?.target} is waited for, received ${command.target}`);
      return { kind: 'rollback-verified', version: command.target, change: { awaiting: null } };
    case 'start-shadow':
      mustBeReleasable(state, command.version);
      mustBeIdle(state, command.version);
      mustHaveChampion(state);
      if (state.shadow !== null) refuse(`version ${state.shadow.version} is the shadow already: stop it first`);
      return {
        kind: 'shadow-started',
        version: command.version,
        change: { shadow: shadowOf(command.version, command.canary, at) },
      };
    case 'stop-shadow':
      if (state.shadow === null) return refuse('there is no shadow to stop');
      return { kind: 'shadow-stopped', version: state.shadow.version, change: { shadow: null } };
    case 'quarantine':
      assertVersionExists(state, command.version);
      mustBeIdle(state, command.version);
      if (isQuarantined(state, command.version)) refuse(`version ${command.version} is quarantined already`);
      return {
        kind: 'quarantined',
        version: command.version,
        change: quarantined(state, command.version, command.reason),
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
    case 'hold':
      mustHaveVersions(state);
      return {
        kind: `${command.because}-held`,
        version: command.version ?? state.challengers[0]?.version ?? state.champion,
        change: {},
      };
    case 'request-retraining':
      mustHaveVersions(state);
      return { kind: 'retraining-requested', version: state.champion, change: { retraining: at } };
    case 'freeze': {
      mustHaveVersions(state);
      const { until, reason, at: from = at } = command;
      mustBeFreezeEnd(until, from);
      return {
        kind: 'frozen',
        version: null,
        change: { frozen: { entry: state.revision + 1, at: from, until, by: actor, reason } },
      };
    }
    case 'unfreeze':
      if (state.frozen === undefined) refuse('automation is not frozen');
      return { kind: 'unfrozen', version: null, change: { frozen: undefined } };
    case 'withhold':
      mustHaveVersions(state);
      return { kind: 'action-withheld', version: command.version, change: withheld(state, command) };
    case 'forget-subject':
      mustHaveVersions(state);
      return { kind: 'subject-forgotten', version: null, change: {} };
  }
}

/** What would take a step no longer waits for a person. */
function withheld({ challengers }: ReleaseState, { command, version }: CommandOf<'withhold'>): Partial<ReleaseState> {
  if (command !== 'advance') return {};
  return {
    challengers: challengers.map((each) => {
      const { waiting: _, ...rest } = each;
      return each.version === version ? rest : each;
    }),
  };
}

type CommandOf<Type extends Command['type']> = Extract<Command, { readonly type: Type }>;

function startCanary(state: ReleaseState, command: CommandOf<'start-canary'>, at: string): Effect {
  const { version, steps, rules } = command;
  mustBeSteps(steps);
  const wanted = { version, steps: [...steps], ...judgedBy(state, version, rules) };
  return { kind: 'canary-started', version, change: challenge(state, wanted, at) };
}

function startTest(state: ReleaseState, command: CommandOf<'start-test'>, at: string): Effect {
  const { version, weight, hypothesis: test, rules } = command;
  if (!(weight > 0 && weight < 1)) refuse(`an A/B test's share is between 0 and 1, received ${weight}`);
  return {
    kind: 'test-started',
    version,
    change: challenge(state, { version, steps: [weight], test, ...judgedBy(state, version, rules) }, at),
  };
}

/** By the entry that is about to be written; evidence of former releases of the version goes on. */
function judgedBy(state: ReleaseState, version: number, rules: JudgeRules | undefined): { judged?: Judged } {
  if (rules === undefined) return {};
  const former = formerOf(state, version);
  return { judged: { entry: state.revision + 1, rules, ...(former.length > 0 && { former }) } };
}

/** Adds a challenger, with the first of its steps. */
function challenge(
  state: ReleaseState,
  wanted: Pick<Challenger, 'version' | 'steps' | 'test' | 'judged'>,
  at: string,
): Partial<ReleaseState> {
  const { version } = wanted;
  mustBeReleasable(state, version);
  if (mustHaveChampion(state) === version)
    refuse(`version ${version} is the champion: a challenger is another version`);
  if (state.challengers.some((each) => each.version === version))
    refuse(`version ${version} is a challenger already: promote it or take it back first`);
  const weight = wanted.steps[0]!;
  mustLeaveChampion(state.challengers, weight);
  const slices = grow([], heldSlices(state.challengers), weight);
  return {
    ...challenging(state, [...state.challengers, { ...wanted, weight, step: 0, since: at, slices }]),
    since: at,
    shadow: state.shadow?.version === version ? null : state.shadow,
  };
}

function shadowOf(version: number, canary: readonly number[] | undefined, at: string): Shadow {
  if (canary === undefined) return { version, since: at };
  mustBeSteps(canary);
  return { version, since: at, canary: [...canary] };
}

function advance(state: ReleaseState, challenger: Challenger, at: string): Effect {
  const { version, waiting: _, ...rest } = challenger;
  if (challenger.test !== undefined)
    refuse(`version ${version} is in an A/B test, which has a fixed share: promote or end it`);
  const step = challenger.step + 1;
  const weight = challenger.steps[step]!;
  if (weight === 1) return { kind: 'promoted', version, change: crown(state, version, at) };
  const others = state.challengers.filter((each) => each !== challenger);
  mustLeaveChampion(others, weight);
  const slices = grow(challenger.slices, heldSlices(others), weight);
  const moved: Challenger = { ...rest, version, step, weight, since: at, slices };
  return {
    kind: 'canary-advanced',
    version,
    change: {
      ...challenging(
        state,
        state.challengers.map((each) => (each === challenger ? moved : each)),
      ),
      since: at,
    },
  };
}

function abort(state: ReleaseState, command: CommandOf<'abort-canary'>, at: string): Effect {
  const { versions, quarantine, reason } = command;
  const champion = mustHaveChampion(state);
  if (state.challengers.length === 0 || versions?.length === 0) refuse(`there is no challenger to take back`);
  const ended = versions?.map((version) => challengerOf(state, version)) ?? state.challengers;
  const rest = state.challengers.filter((each) => !ended.includes(each));
  const after = quarantine ? ended.reduce((before, { version }) => quarantined(before, version, reason), state) : state;
  return {
    kind: 'canary-aborted',
    version: champion,
    change: {
      ...after,
      ...challenging(state, rest),
      ...withEnded(state, ended, state.revision + 1),
      since: at,
      lastRollback: at,
      awaiting: { target: champion, since: at },
    },
  };
}

const heldSlices = (challengers: readonly Challenger[]) => challengers.flatMap(({ slices }) => slices);

/** The first challenger salts the hash of routing keys, for as long as there are any. */
const challenging = (state: ReleaseState, challengers: Challenger[]): Pick<ReleaseState, 'challengers' | 'salt'> => ({
  challengers,
  salt: challengers.length === 0 ? null : (state.salt ?? challengers[0]!.version),
});

function rollBack(state: ReleaseState, command: CommandOf<'roll-back'>, at: string): Effect {
  const { to, quarantine, reason } = command;
  const champion = mustHaveChampion(state);
  const target = to ?? state.previous.at(-1);
  if (target === undefined) refuse(`version ${champion} has no former champion to go back to`);
  if (!state.previous.includes(target!))
    refuse(`a rollback goes to a former champion that is still good (${listed(state.previous)}), received ${to}`);
  // Champions after the target are what is being gone back from: none of them is a place to return to.
  const previous = state.previous.slice(0, state.previous.indexOf(target!));
  const shadow = state.shadow?.version === target ? null : state.shadow;
  const change: Partial<ReleaseState> = {
    ...(quarantine ? quarantined({ ...state, previous, shadow }, champion, reason) : { previous, shadow }),
    ...challenging(state, []),
    ...withEnded(state, [{ version: champion, judged: state.judged }, ...state.challengers], state.revision + 1),
    champion: target!,
    judged: undefined,
    since: at,
    lastRollback: at,
    awaiting: { target: target!, since: at },
  };
  return { kind: 'rolled-back', version: target!, change };
}

/** Gives a version all the traffic; the champion before it becomes the first place to return to. */
function crown(state: ReleaseState, version: number, at: string, rules?: JudgeRules): Partial<ReleaseState> {
  const own = rules ?? state.challengers.find((each) => each.version === version)?.judged?.rules;
  const previous = without(state.previous, version);
  return {
    champion: version,
    judged: judgedBy(state, version, own).judged,
    previous: state.champion === null ? previous : [...without(previous, state.champion), state.champion],
    ...challenging(state, []),
    shadow: state.shadow?.version === version ? null : state.shadow,
    since: at,
    // What was waited for can no longer be seen.
    awaiting: null,
    // It was asked for instead of the champion of then.
    retraining: null,
  };
}

function quarantined(state: ReleaseState, version: number, reason: string): ReleaseState {
  return {
    ...state,
    quarantined: [...state.quarantined.filter((q) => q.version !== version), { version, reason: shortened(reason) }],
    previous: without(state.previous, version),
    shadow: state.shadow?.version === version ? null : state.shadow,
  };
}

const without = (versions: readonly number[], version: number): number[] => versions.filter((v) => v !== version);

/** Every later entry carries the reasons of the state: the whole one is in its own entry. */
const MAX_STATE_REASON = 400;
const shortened = (reason: string): string =>
  reason.length <= MAX_STATE_REASON ? reason : `${reason.slice(0, MAX_STATE_REASON - 1)}…`;
