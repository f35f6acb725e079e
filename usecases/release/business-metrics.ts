import { variantDimensions } from '../../core/observability/metric-names.ts';
import { declared } from '../../core/serving/outcome.ts';
import type { Variant } from '../../core/serving/variant.ts';
import type { Home } from '../../platform/ports.ts';
import type { Registry } from '../registry/registry.ts';

/** Values of one business metric of a model over the last day. */
export interface BusinessMetricSummary {
  readonly metric: string;
  readonly unit: string | undefined;
  readonly variant: Variant;
  /** Values that were joined with their predictions. */
  readonly values: number;
  readonly mean: number;
}

const DAY_MS = 24 * 3_600_000;
const VARIANTS = ['champion', 'challenger'] as const;

/**
 * Reads the business metrics of the last day by variant. Metrics without values are left out; when metrics cannot be
 * read the result is empty, so that a release can be shown without them.
 */
export async function readBusinessMetrics(
  home: Pick<Home, 'metrics' | 'clock'>,
  registry: Pick<Registry, 'version'>,
  model: string,
  champion: number | null,
): Promise<BusinessMetricSummary[]> {
  if (champion === null) return [];
  try {
    return await read(home, registry, model, champion);
  } catch {
    return [];
  }
}

async function read(
  home: Pick<Home, 'metrics' | 'clock'>,
  registry: Pick<Registry, 'version'>,
  model: string,
  champion: number,
): Promise<BusinessMetricSummary[]> {
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
      if (values > 0) found.push({ metric: name, unit, variant, values, mean: (await total('Sum')) / values });
    }
  return found;
}
