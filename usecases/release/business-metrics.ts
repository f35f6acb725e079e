import { variantDimensions } from '../../core/observability/metric-names.ts';
import { finiteOrNull } from '../../core/profile/count.ts';
import { declared } from '../../core/serving/outcome.ts';
import type { Home } from '../../platform/ports.ts';
import type { Registry } from '../registry/registry.ts';
import type { BusinessMetricSummary } from './status-view.ts';

const DAY_MS = 24 * 3_600_000;
const VARIANTS = ['champion', 'challenger'] as const;

/** Reads the business metrics of the last day by variant. Metrics without values are left out. */
export async function readBusinessMetrics(
  home: Pick<Home, 'metrics' | 'clock'>,
  registry: Pick<Registry, 'version'>,
  model: string,
  champion: number | null,
): Promise<BusinessMetricSummary[]> {
  if (champion === null) return [];
  const { manifest } = await registry.version(model, champion);
  const to = home.clock.now();
  const from = new Date(to.getTime() - DAY_MS);
  const found: BusinessMetricSummary[] = [];
  for (const { name, unit } of declared(manifest.monitoring.business))
    for (const variant of VARIANTS) {
      const total = async (statistic: string): Promise<number> => {
        const points = await home.metrics.query({
          metric: `Business.${name}`,
          dimensions: variantDimensions(home.metrics.environment, model, variant),
          statistic,
          periodSeconds: 3_600,
          from,
          to,
        });
        return points.reduce((sum, { value }) => sum + value, 0);
      };
      const values = await total('SampleCount');
      if (values > 0)
        found.push({
          metric: name,
          unit: unit ?? null,
          variant,
          values,
          mean: finiteOrNull((await total('Sum')) / values),
        });
    }
  return found;
}
