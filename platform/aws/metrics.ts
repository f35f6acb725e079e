import { type CloudWatchClient, GetMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { NAMESPACE } from '../../core/alarms/alarm.ts';
import type { Datapoint, MetricQuery, Metrics } from '../ports.ts';

/** Metrics out as lines of standard output, which CloudWatch Logs makes metrics of; back in by GetMetricData. */
export class CloudWatchMetrics implements Metrics {
  constructor(private readonly client: CloudWatchClient) {}

  write(line: string): void {
    process.stdout.write(`${line}\n`);
  }

  async query(query: MetricQuery): Promise<Datapoint[]> {
    const found: Datapoint[] = [];
    let token: string | undefined;
    do {
      const answer = await this.client.send(
        new GetMetricDataCommand({
          StartTime: query.from,
          EndTime: query.to,
          ScanBy: 'TimestampAscending',
          NextToken: token,
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
        }),
      );
      const { Timestamps = [], Values = [] } = answer.MetricDataResults?.[0] ?? {};
      Timestamps.forEach((at, i) => found.push({ at, value: Values[i]! }));
      token = answer.NextToken;
    } while (token !== undefined);
    return found.sort((a, b) => a.at.getTime() - b.at.getTime());
  }
}
