import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { describe, expect, it } from 'vitest';
import { variantDimensions } from '../../../core/observability/metric-names.ts';
import { CloudWatchMetrics } from '../../../platform/aws/metrics.ts';
import { ForeignMetricError } from '../../../platform/errors.ts';

describe('CloudWatchMetrics', () => {
  it('asks for no metrics of another environment', async () => {
    // Nobody listens there: a question that went out would fail otherwise, and later.
    const client = new CloudWatchClient({ region: 'eu-central-1', endpoint: 'http://127.0.0.1:1', maxAttempts: 1 });
    const metrics = new CloudWatchMetrics(client, 'prod');
    const query = { metric: 'Rows', statistic: 'Sum', periodSeconds: 60, from: new Date(0), to: new Date(60_000) };
    const dimensions = variantDimensions('staging', 'm', 'champion');
    await expect(metrics.query({ ...query, dimensions })).rejects.toThrow(ForeignMetricError);
    client.destroy();
  });
});
