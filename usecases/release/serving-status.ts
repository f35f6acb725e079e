import { variantDimensions, versionDimensions } from '../../core/observability/metric-names.ts';
import type { ReleaseState } from '../../core/registry/ledger.ts';
import type { EndpointProbe, Home, PausedVersion } from '../../platform/ports.ts';
import type { ServingStatus } from './status-view.ts';

const MINUTE_S = 60;
const DAY_S = 86_400;
/** Periods that are asked for at most. */
const MOST_PERIODS = 1_000;
/** What endpoints have told in so many seconds is how it is now. */
const RECENT_S = 600;

/**
 * Whether endpoints have the champion in memory: by what the one that can be asked says, else by the metrics that all
 * of them emit (LoadFailure of the champion since the traffic last changed hands, and rows that it answered).
 *
 * @param probe of the endpoint, where there is one to ask
 * @returns null where nothing is released
 */
export async function servingStatusOf(
  home: Pick<Home, 'metrics'>,
  { model, state, now }: { readonly model: string; readonly state: ReleaseState; readonly now: Date },
  probe?: EndpointProbe,
): Promise<ServingStatus | null> {
  const { champion, since } = state;
  if (champion === null) return null;
  return (
    (await asked(model, champion, probe)) ??
    (await byMetrics(home, { model, champion, since: since === null ? now : new Date(since), now }))
  );
}

async function asked(
  model: string,
  champion: number,
  probe: EndpointProbe | undefined,
): Promise<ServingStatus | undefined> {
  const seen = await probe?.report(model).catch(() => undefined);
  if (seen === undefined) return undefined;
  const failure = seen.notLoaded?.find(({ version }) => version === champion);
  if (failure !== undefined) return { state: 'failing', answering: seen.champion, reason: failure.reason };
  const pause = seen.paused?.find(({ version }) => version === champion);
  if (pause !== undefined && seen.champion === champion)
    return { state: 'paused', answering: null, reason: pauseText(pause) };
  if (seen.champion === champion) return { state: 'serving', answering: champion, reason: null };
  // It has not read the release yet.
  return { state: 'unseen', answering: seen.champion, reason: null };
}

/** Why the runs of a version are refused, and until when, in words. */
export const pauseText = ({ reason, failures, retryInSeconds }: PausedVersion): string =>
  `${reason}${failures > 1 ? ` (${failures} in a row)` : ''}; the next is let through ${retryInSeconds === 0 ? 'now' : `in ${retryInSeconds} s`}`;

interface Looked {
  readonly model: string;
  readonly champion: number;
  readonly since: Date;
  readonly now: Date;
}

async function byMetrics(
  { metrics }: Pick<Home, 'metrics'>,
  { model, champion, since, now }: Looked,
): Promise<ServingStatus> {
  const failure = {
    metric: 'LoadFailure',
    dimensions: variantDimensions(metrics.environment, model, 'champion'),
    to: now,
  } as const;
  const recently = new Date(Math.max(since.getTime(), now.getTime() - 1_000 * RECENT_S));
  const recent = { ...failure, periodSeconds: MINUTE_S, from: recently };
  const whole = { from: since, periodSeconds: periodOf((now.getTime() - since.getTime()) / 1_000) };
  const dimensions = versionDimensions(metrics.environment, model, champion);
  const [least, most, ever, rows] = await Promise.all([
    metrics.query({ ...recent, statistic: 'Minimum' }),
    metrics.query({ ...recent, statistic: 'Maximum' }),
    metrics.query({ ...failure, ...whole, statistic: 'Minimum' }),
    metrics.query({ metric: 'Rows', dimensions, to: now, ...whole, statistic: 'SampleCount' }),
  ]);
  const [lowest, highest] = [least.at(-1)?.value, most.at(-1)?.value];
  if (lowest === 1) return { state: 'failing', answering: null, reason: null };
  if (highest === 1) return { state: 'partly', answering: null, reason: null };
  const seen = ever.some(({ value }) => value === 0) || rows.length > 0;
  return { state: seen ? 'serving' : 'unseen', answering: seen ? champion : null, reason: null };
}

/** CloudWatch keeps periods of a minute for 15 days, of five for 63, and of an hour longer. */
function periodOf(seconds: number): number {
  const least = seconds < 15 * DAY_S ? MINUTE_S : 3_600;
  return least * Math.max(1, Math.ceil(seconds / MOST_PERIODS / least));
}
