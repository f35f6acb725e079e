import { unwatchedFeatures } from '../../core/contract/contract.ts';
import { columnNamed } from '../../core/contract/data-columns.ts';
import { profileOfCaptures } from '../../core/drift/captured-profile.ts';
import { type DriftVerdict, detectDrift } from '../../core/drift/verdict.ts';
import { metricLine } from '../../core/observability/emf.ts';
import type { Baseline, Profile } from '../../core/profile/profile.ts';
import type { ModelVersion } from '../../core/registry/version.ts';
import { readCaptures } from '../../platform/captures.ts';
import type { Home } from '../../platform/ports.ts';
import { baselineOf } from '../registry/load-baseline.ts';
import { Registry } from '../registry/registry.ts';
import { announceReport } from '../reports/announce-report.ts';
import { noteDriftWindow } from './drift-history.ts';
import type { DriftView } from './drift-view.ts';
import { renderDrift } from './report.ts';

export interface DriftWindow {
  readonly from: Date;
  readonly to: Date;
}

/** There is no baseline to compare traffic with: no champion, or one that was registered without a baseline. */
export class NoBaselineError extends Error {
  override readonly name = 'NoBaselineError';
  constructor(
    readonly model: string,
    readonly version: number | null,
  ) {
    super(
      version === null
        ? `model ${model} has no champion yet: release a version first`
        : `version ${version} of ${model} was registered without a baseline.json`,
    );
  }
}

/**
 * Detects drift of a model's captured traffic against the baseline of its champion. It writes a report, emits the share
 * of drifted columns as a metric, and publishes `Drift Found`. Another run over the same window gives the same report.
 *
 * @param window @default the last `monitoring.drift.windowMinutes` before `now`
 * @throws NoBaselineError when the champion has none
 * @throws UnknownVersionError when there is no such model
 */
export async function runDriftDetection(
  home: Home,
  { model, now, window }: { model: string; now: Date; window?: DriftWindow },
): Promise<DriftView> {
  const registry = new Registry(home, 'function:drift');
  const { champion } = await registry.state(model);
  if (champion === null) throw new NoBaselineError(model, null);
  const version = await registry.version(model, champion);
  const baseline = await baselineOf(home, version);
  if (!baseline) throw new NoBaselineError(model, champion);
  const { drift } = version.manifest.monitoring;
  const { from, to } = window ?? { from: new Date(now.getTime() - drift.windowMinutes * 60_000), to: now };

  const captures = readCaptures(home, { model, from, to });
  const current = await profileOfCaptures(
    // Inputs are the same whoever answered, but a shadow sees copies, and scores are each version's own.
    only(captures, (capture) => capture.version === champion && capture.variant !== 'shadow'),
    baseline.profile,
    { output: version.manifest.decision?.output, label: columnNamed(version.manifest.contract.data, 'label') },
  );
  const { persistence, ...verdict } = await assessWindow(home, { version, baseline, current, to, now });
  const place = `reports/drift/${model}/v${champion}-${stamp(from)}-${stamp(to)}`;
  const report: DriftView = {
    model,
    version: champion,
    from: from.toISOString(),
    to: to.toISOString(),
    ...verdict,
    persistence,
    baseline: { createdAt: baseline.createdAt, rows: baseline.profile.rows, source: baseline.source },
    report: `${place}/report.html`,
  };
  await home.data.put(`${place}/profile.json`, JSON.stringify(current));
  await home.data.put(`${place}/report.html`, renderDrift(report, baseline, current), {
    contentType: 'text/html; charset=utf-8',
  });
  await home.data.put(`${place}/report.json`, JSON.stringify(report, null, 2), { contentType: 'application/json' });
  const drifted = verdict.columns.filter(({ status }) => status === 'drift');
  await announceReport(home, report.report, {
    at: to.getTime(),
    verdict: verdict.verdict,
    detail: `${drifted.length} of ${verdict.columns.length} columns drifted`,
  });
  await home.bus.publish({
    source: 'trimtab',
    detailType: 'Drift Found',
    detail: {
      model,
      version: champion,
      verdict: verdict.verdict,
      features: drifted.map(({ column }) => column),
      report: report.report,
    },
  });
  return report;
}

/** A window of a champion's traffic, profiled over the bins of its baseline. */
export interface ProfiledWindow {
  readonly version: ModelVersion;
  readonly baseline: Baseline;
  readonly current: Profile;
  /** End of the window. */
  readonly to: Date;
  readonly now: Date;
}

/** Detects drift of a window, stores its verdict beside those before, and emits the share of drifted columns. */
export async function assessWindow(
  home: Pick<Home, 'data' | 'metrics'>,
  { version: { model, version, manifest }, baseline, current, to, now }: ProfiledWindow,
): Promise<DriftVerdict & Pick<DriftView, 'persistence'>> {
  const verdict = detectDrift(baseline, current, {
    alpha: manifest.monitoring.drift.alpha,
    unwatched: unwatchedFeatures(manifest.contract),
  });
  const persistence = await noteDriftWindow(home, { model, version }, { to, verdict: verdict.verdict });
  if (verdict.verdict !== 'insufficient_data')
    home.metrics.write(
      metricLine({
        environment: home.metrics.environment,
        model,
        variant: 'champion',
        version,
        at: now.getTime(),
        values: { Drift: verdict.share },
      }),
    );
  return { ...verdict, persistence };
}

async function* only<T>(items: AsyncIterable<T>, wanted: (item: T) => boolean): AsyncIterable<T> {
  for await (const item of items) if (wanted(item)) yield item;
}

/** An instant as part of a key: 20261123T201500123Z. */
const stamp = (at: Date): string => at.toISOString().replace(/[-:.]/g, '');
