import { type CloudWatchClient, GetMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { NAMESPACE } from '../../core/observability/metric-names.ts';
import { ForeignMetricError } from '../errors.ts';
import type { Datapoint, MetricQuery, Metrics } from '../ports.ts';

/** Writes metrics as lines of standard output, which CloudWatch Logs turns into metrics; reads them from CloudWatch. */
export class CloudWatchMetrics implements Metrics {
  constructor(
    private readonly client: CloudWatchClient,
    readonly environment: string,
    private readonly emit: (line: string) => void = (line) => process.stdout.write(line),
  ) {}

  write(line: string): void {
    this.emit(`${line}\n`);
  }

  async query(query: MetricQuery): Promise<Datapoint[]> {
    const { Environment } = query.dimensions;
    if (Environment !== this.environment) throw new ForeignMetricError(this.environment, Environment);
    const period = query.periodSeconds * 1_000;
    // Whole periods, so that the answer does not hang on how CloudWatch rounds.
    const from = Math.floor(query.from.getTime() / period) * period;
    const to = Math.ceil(query.to.getTime() / period) * period;
    if (from >= to) return [];
    const found: Datapoint[] = [];
    let NextToken: string | undefined;
    do {
      const page = await this.client.send(
        new GetMetricDataCommand({
          MetricDataQueries: [
            {
              Id: 'm',
              MetricStat: {
                Metric: {
                  Namespace: NAMESPACE,
                  MetricName: query.metric,
                  Dimensions: Object.entries(query.dimensions).map(([Name, Value]) => ({ Name, Value })),
                },
                Period: query.periodSeconds,
                Stat: query.statistic,
              },
            },
          ],
          StartTime: new Date(from),
          EndTime: new Date(to),
          ScanBy: 'TimestampAscending',
          NextToken,
        }),
      );
      const { Timestamps = [], Values = [] } = page.MetricDataResults?.[0] ?? {};
      for (const [i, at] of Timestamps.entries()) found.push({ at, value: Values[i]! });
      NextToken = page.NextToken;
    } while (NextToken !== undefined);
    return found;
  }
}
