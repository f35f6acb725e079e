import type { Challenger, ReleaseState } from './ledger.ts';
import { refuse } from './refuse.ts';
import { SHARE_EPSILON } from './slices.ts';

export const isQuarantined = (state: ReleaseState, version: number): boolean =>
  state.quarantined.some((q) => q.version === version);
export const listed = (versions: readonly number[]): string => (versions.length === 0 ? 'none' : versions.join(', '));

/** Whether these can be the steps of a canary: at least two ascending shares, the last of them 1. */
export const areSteps = (steps: readonly number[]): boolean =>
  steps.length >= 2 && steps.every((w, i) => w > (steps[i - 1] ?? 0)) && steps.at(-1) === 1;

/** @throws ReleaseRefusedError unless the steps of a canary are at least two ascending shares, the last of them 1 */
export function mustBeSteps(steps: readonly number[]): void {
  if (!areSteps(steps))
    refuse(`a canary's steps are at least two ascending shares, the last 1, received ${JSON.stringify(steps)}`);
}

/** @throws ReleaseRefusedError unless the version is registered */
export function assertVersionExists(state: ReleaseState, version: number): void {
  if (!Number.isInteger(version) || version < 1 || version > state.latest)
    refuse(`there is no version ${version}; registered: ${state.latest === 0 ? 'none' : `1 to ${state.latest}`}`);
}

/** @throws ReleaseRefusedError unless the version is approved, and neither rejected nor quarantined */
export function mustBeReleasable(state: ReleaseState, version: number): void {
  assertVersionExists(state, version);
  const barred = state.quarantined.find((q) => q.version === version);
  if (barred) refuse(`version ${version} is quarantined (${barred.reason}): lift that first`);
  if (state.rejected.includes(version)) refuse(`version ${version} is rejected: approve it first`);
  if (!state.approved.includes(version))
    refuse(`version ${version} is not approved; approved: ${listed(state.approved)}`);
}

/**
 * Used before a version is rejected, quarantined or made the shadow, none of which may happen while it serves.
 *
 * @throws ReleaseRefusedError when the version has traffic, be it mirrored
 */
export function mustBeIdle(state: ReleaseState, version: number): void {
  if (state.champion === version) refuse(`version ${version} is the champion: roll back or release another first`);
  if (state.challengers.some((each) => each.version === version))
    refuse(`version ${version} is a challenger: abort the canary first`);
  if (state.shadow?.version === version) refuse(`version ${version} is the shadow: stop it first`);
}

/** @throws ReleaseRefusedError before the first version is registered */
export function mustHaveVersions(state: ReleaseState): void {
  if (state.latest === 0) refuse('no version has been registered yet: register one first');
}

/** @returns the champion @throws ReleaseRefusedError before the first release */
export function mustHaveChampion(state: ReleaseState): number {
  if (state.champion === null) refuse('no version has been released yet: release one first');
  return state.champion!;
}

/**
 * The challenger that a command is about: the version named, or the only challenger there is.
 *
 * @throws ReleaseRefusedError when there is no such challenger, or several and none is named
 */
export function challengerOf({ challengers, champion }: ReleaseState, version?: number): Challenger {
  if (challengers.length === 0)
    return refuse(
      `there is no canary: ${champion === null ? 'nothing is released' : `version ${champion} has all the traffic`}`,
    );
  const versions = listed(challengers.map((each) => each.version));
  if (version === undefined && challengers.length > 1)
    return refuse(`there are several challengers (versions ${versions}): name one`);
  const found = version === undefined ? challengers[0] : challengers.find((each) => each.version === version);
  return found ?? refuse(`version ${version} is no challenger; challengers: ${versions}`);
}

/** @throws ReleaseRefusedError while there is a challenger */
export function mustHaveNoChallenger({ challengers }: ReleaseState): void {
  const [first] = challengers;
  if (first !== undefined)
    refuse(
      challengers.length === 1
        ? `version ${first.version} is a canary with ${first.weight} of the traffic: promote it or take it back first`
        : `versions ${listed(challengers.map(({ version }) => version))} are challengers: promote one or abort them first`,
    );
}

/**
 * Checks that the champion keeps some traffic, because challengers are compared with it.
 *
 * @throws ReleaseRefusedError when the weights of all challengers add up to 1
 */
export function mustLeaveChampion(others: readonly Challenger[], weight: number): void {
  const held = others.reduce((sum, each) => sum + each.weight, 0);
  if (held + weight > 1 - SHARE_EPSILON)
    refuse(
      `a share of ${weight} leaves nothing for the champion: ${others.length === 0 ? 'it must be below 1' : `other challengers have ${Number(held.toFixed(6))}`}`,
    );
}
