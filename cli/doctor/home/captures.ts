import { variantDimensions } from '../../../core/observability/metric-names.ts';
import { capturesDelivered } from '../../../platform/captures.ts';
import type { Home } from '../../../platform/ports.ts';
import { type DoctorCheck, fail, ok, skipped } from '../check.ts';
import type { HomeContext } from '../context.ts';
import type { Finding } from '../doctor-view.ts';

const MINUTE = 60_000;
/** Predictions of the last minutes may still be on their way. */
const ON_ITS_WAY = 5 * MINUTE;
const WINDOW = 60 * MINUTE;

/** What was predicted arrives in the store of captures: without it drift and ground truth say nothing. */
export const captures: DoctorCheck<HomeContext> = {
  name: 'captures',
  async look({ home, models, registry }) {
    const now = home.clock.now().getTime();
    const newest = await newestDelivery(home, now);
    const findings: Finding[] = [];
    for (const model of models) {
      const { champion } = await registry.state(model);
      if (champion === null) continue;
      const { captureShare } = (await registry.version(model, champion)).manifest.monitoring;
      findings.push(await checkArrival(home, { model, captureShare, newest, now }));
    }
    return findings;
  },
};

interface Delivery {
  readonly model: string;
  /** Share of the predictions that is captured. */
  readonly captureShare: number;
  /** When the newest capture object was written, and now; milliseconds since the epoch. */
  readonly newest: number;
  readonly now: number;
}

/** Whether what was predicted in the last hour has been delivered. */
async function checkArrival(home: Home, { model, captureShare, newest, now }: Delivery): Promise<Finding> {
  const name = `captures of ${model}`;
  if (captureShare === 0) return skipped(name, 'monitoring.captureShare is 0: nothing is captured');
  const rows = await home.metrics.query({
    metric: 'Rows',
    dimensions: variantDimensions(home.metrics.environment, model, 'champion'),
    statistic: 'Sum',
    periodSeconds: 60,
    from: new Date(now - WINDOW),
    to: new Date(now - ON_ITS_WAY),
  });
  const asked = rows.findLast(({ value }) => value > 0)?.at.getTime();
  if (asked === undefined) return skipped(name, 'nothing was predicted in the last hour but for the last five minutes');
  const ago = (at: number): string => `${Math.max(0, Math.round((now - at) / MINUTE))} minutes ago`;
  // A delivery before the last prediction but one period may have carried it.
  if (newest >= asked - MINUTE) return ok(name, `delivered ${ago(newest)}`);
  return fail(name, newest === 0 ? 'none delivered in the last two hours' : `the last was delivered ${ago(newest)}`, {
    expected: `some of the predictions made ${ago(asked)}`,
    remedy: 'runbook: captures-late.md',
  });
}

/** When the newest capture object of this and the last hour was written; 0 when there is none. */
async function newestDelivery(home: Home, now: number): Promise<number> {
  let newest = 0;
  for (const hour of [now - WINDOW, now])
    for await (const { modifiedAt } of capturesDelivered(home, new Date(hour)))
      newest = Math.max(newest, modifiedAt.getTime());
  return newest;
}
