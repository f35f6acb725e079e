import { ReleaseConflictError, ReleaseRefusedError } from '../../core/registry/errors.ts';
import type { Entry, ReleaseState } from '../../core/registry/ledger.ts';
import type { EndpointProbe, Home, ServingReport } from '../../platform/ports.ts';
import { Registry } from '../registry/registry.ts';
import { formatProbed, probeEndpoint } from './probe-endpoint.ts';

export interface VerifyOptions {
  /** How long the endpoint is given to follow. @default 30 */
  readonly waitSeconds?: number;
  /** Time between two checks. @default 0.5 */
  readonly pollSeconds?: number;
}

/**
 * Waits until the endpoint is seen to serve a rollback's target and no version that was taken back, and enters into the
 * ledger which of its processes were: until then a rollback does not count as done. Those that were not reached read the
 * release again before they answer, once their copy is old. When the time is up, the rollback stays awaited and
 * the next scheduled run checks it again.
 *
 * @returns the entry `rollback-verified`; undefined when the time was up or another process wrote the entry
 */
export async function awaitVerification(
  home: Home,
  probe: EndpointProbe,
  model: string,
  { waitSeconds = 30, pollSeconds = 0.5 }: VerifyOptions = {},
): Promise<Entry | undefined> {
  const until = home.clock.now().getTime() + waitSeconds * 1_000;
  for (;;) {
    const verified = await verifyOnce(home, probe, model);
    if (verified !== 'not yet') return verified;
    if (home.clock.now().getTime() >= until) return undefined;
    await new Promise((resolve) => setTimeout(resolve, pollSeconds * 1_000));
  }
}

/** Checks once what the endpoint serves. @returns undefined when no rollback is awaited (any more) */
export async function verifyOnce(
  home: Home,
  probe: EndpointProbe,
  model: string,
): Promise<Entry | undefined | 'not yet'> {
  const registry = new Registry(home, 'function:rollback');
  const { awaiting, challengers, revision } = await registry.state(model);
  if (!awaiting) return undefined;
  const isExpected = (report: ServingReport): boolean =>
    report.champion === awaiting.target &&
    report.revision >= revision &&
    report.challengers.every((served) => challengers.some(({ version }) => version === served.version));
  const seen = await probeEndpoint(probe, model, isExpected);
  if (seen.answered === 0 || !seen.environments.every(isExpected)) return 'not yet';
  const seconds = (home.clock.now().getTime() - Date.parse(awaiting.since)) / 1_000;
  // The clock of who rolled back may be ahead.
  const after = seconds < 0 ? 'after the rollback' : `${seconds.toFixed(1)} s after the rollback`;
  try {
    return await registry.apply(
      model,
      {
        type: 'verify-rollback',
        target: awaiting.target,
        reason: `${formatProbed(seen)}, each serves ${served(awaiting.target, challengers)}, ${after}`,
        evidence: seen,
      },
      { expectedRevision: revision },
    );
  } catch (error) {
    // Somebody else changed the release, or verified it: look at what is awaited then.
    if (error instanceof ReleaseConflictError || error instanceof ReleaseRefusedError) return 'not yet';
    throw error;
  }
}

const served = (champion: number, challengers: ReleaseState['challengers']): string =>
  challengers.length === 0
    ? `version ${champion} alone`
    : `version ${champion}, beside it none but ${challengers.map(({ version }) => version).join(', ')}`;
