import { gzipSync } from 'node:zlib';
import { CloudWatchClient, PutMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { hourFolder } from '../../../core/model/hour-folder.ts';
import type { Home } from '../../../platform/ports.ts';

interface EmbeddedMetrics {
  readonly _aws: {
    readonly Timestamp: number;
    readonly CloudWatchMetrics: readonly {
      readonly Namespace: string;
      readonly Dimensions: readonly (readonly string[])[];
      readonly Metrics: readonly { readonly Name: string; readonly StorageResolution?: number }[];
    }[];
  };
  readonly [member: string]: unknown;
}

/** What the log subscription and the delivery stream do with captures: gzipped lines under the hour of delivery. */
export async function deliverCaptures(home: Home, lines: readonly string[]): Promise<number> {
  const captures = lines.filter((line) => line.startsWith('{"trimtab":"capture"'));
  const hour = hourFolder(new Date().toISOString());
  await home.captures.put(`captures/${hour}/${Date.now()}.jsonl.gz`, gzipSync(`${captures.join('\n')}\n`));
  return captures.length;
}

/** What CloudWatch Logs does with lines of the embedded metric format: every dimension set is a metric of its own. */
export async function publishMetrics(lines: readonly string[]): Promise<number> {
  const client = new CloudWatchClient({});
  let published = 0;
  for (const line of lines.filter((each) => each.startsWith('{') && each.includes('"_aws"'))) {
    const message = JSON.parse(line) as EmbeddedMetrics;
    for (const { Namespace, Dimensions, Metrics } of message._aws.CloudWatchMetrics) {
      const MetricData = Metrics.flatMap(({ Name, StorageResolution }) =>
        Dimensions.map((names) => ({
          MetricName: Name,
          Dimensions: names.map((name) => ({ Name: name, Value: String(message[name]) })),
          Timestamp: new Date(message._aws.Timestamp),
          Values: [message[Name]].flat() as number[],
          StorageResolution,
        })),
      );
      await client.send(new PutMetricDataCommand({ Namespace, MetricData }));
      published += MetricData.length;
    }
  }
  client.destroy();
  return published;
}
