import { gzipSync } from 'node:zlib';
import { type CloudWatchClient, PutMetricDataCommand, type StandardUnit } from '@aws-sdk/client-cloudwatch';
import {
  type CloudWatchLogsClient,
  DescribeSubscriptionFiltersCommand,
  paginateDescribeLogGroups,
  paginateFilterLogEvents,
} from '@aws-sdk/client-cloudwatch-logs';
import { type FirehoseClient, PutRecordBatchCommand } from '@aws-sdk/client-firehose';
import { retried } from '../../platform/aws/failures.ts';
import { digestOf } from '../../platform/digest.ts';

/** An embedded-metric-format line. Source: "Embedded metric format specification", Amazon CloudWatch User Guide. */
interface EmfLine {
  readonly _aws: {
    readonly Timestamp: number;
    readonly CloudWatchMetrics: readonly {
      readonly Namespace: string;
      readonly Dimensions: readonly (readonly string[])[];
      readonly Metrics: readonly {
        readonly Name: string;
        readonly Unit?: string;
        readonly StorageResolution?: number;
      }[];
    }[];
  };
  readonly [member: string]: unknown;
}

interface LogLine {
  readonly id: string;
  readonly timestamp: number;
  readonly message: string;
}

/** Values in one datum, as CloudWatch takes them. */
const MAX_VALUES = 150;
const MAX_DATA = 500;
const MAX_RECORDS = 400;
/** How much earlier than the latest line of a group another one may bear its time. */
const LATE_MS = 20_000;

/**
 * Plays what CloudWatch Logs does by itself on AWS and the emulator does not do: makes metrics of embedded-metric-format
 * lines, and hands lines that match a subscription filter to its delivery stream, in the service's envelope. Which
 * filters there are, what they match and where they lead is read from what is deployed.
 */
export class LogForwarder {
  readonly #seen = new Set<string>();
  readonly #latest = new Map<string, number>();

  constructor(
    private readonly logs: CloudWatchLogsClient,
    private readonly cloudwatch: CloudWatchClient,
    private readonly firehose: FirehoseClient,
  ) {}

  /** Carries whatever has been logged since the last time. */
  async forward(): Promise<void> {
    for await (const { logGroups = [] } of paginateDescribeLogGroups({ client: this.logs }, {}))
      for (const { logGroupName } of logGroups) {
        // The emulator fails where a log is written while it is read.
        const lines = await retried(() => this.#fresh(logGroupName!));
        if (lines.length === 0) continue;
        for (const { id, timestamp } of lines) {
          this.#seen.add(id);
          this.#latest.set(logGroupName!, Math.max(timestamp, this.#latest.get(logGroupName!) ?? 0));
        }
        await this.#toMetrics(lines);
        await this.#toSubscribers(logGroupName!, lines);
      }
  }

  /** Lines that were not there the last time; late ones are still looked for. */
  async #fresh(logGroupName: string): Promise<LogLine[]> {
    const lines: LogLine[] = [];
    const startTime = Math.max(0, (this.#latest.get(logGroupName) ?? 0) - LATE_MS);
    for await (const { events = [] } of paginateFilterLogEvents({ client: this.logs }, { logGroupName, startTime }))
      for (const { logStreamName, timestamp = 0, message = '' } of events) {
        const id = digestOf(`${logGroupName} ${logStreamName} ${timestamp} ${message}`);
        if (!this.#seen.has(id)) lines.push({ id, timestamp, message });
      }
    return lines;
  }

  async #toMetrics(lines: readonly LogLine[]): Promise<void> {
    const byNamespace = new Map<string, ReturnType<typeof dataOf>>();
    for (const line of lines.map(({ message }) => parse(message)).filter(isEmf))
      for (const directive of line._aws.CloudWatchMetrics)
        byNamespace.set(directive.Namespace, [
          ...(byNamespace.get(directive.Namespace) ?? []),
          ...dataOf(line, directive),
        ]);
    for (const [Namespace, data] of byNamespace)
      for (let i = 0; i < data.length; i += MAX_DATA)
        await this.cloudwatch.send(new PutMetricDataCommand({ Namespace, MetricData: data.slice(i, i + MAX_DATA) }));
  }

  async #toSubscribers(logGroup: string, lines: readonly LogLine[]): Promise<void> {
    const { subscriptionFilters = [] } = await this.logs.send(
      new DescribeSubscriptionFiltersCommand({ logGroupName: logGroup }),
    );
    for (const { filterName, filterPattern, destinationArn } of subscriptionFilters) {
      const matches = matcherOf(filterPattern ?? '');
      const logEvents = lines.filter(({ message }) => matches(message));
      for (let i = 0; i < logEvents.length; i += MAX_RECORDS) {
        const envelope = {
          messageType: 'DATA_MESSAGE',
          owner: destinationArn!.split(':')[4],
          logGroup,
          logStream: 'forwarded',
          subscriptionFilters: [filterName],
          logEvents: logEvents.slice(i, i + MAX_RECORDS),
        };
        const { FailedPutCount, RequestResponses } = await this.firehose.send(
          new PutRecordBatchCommand({
            DeliveryStreamName: destinationArn!.split('/').at(-1)!,
            Records: [{ Data: gzipSync(JSON.stringify(envelope)) }],
          }),
        );
        if (FailedPutCount !== 0)
          throw new Error(`the stream refused captures: ${RequestResponses?.[0]?.ErrorMessage}`);
      }
    }
  }
}

/** The filter patterns that are deployed: `{ $.member = "value" }`. @throws Error for any other */
function matcherOf(pattern: string): (message: string) => boolean {
  const [, member, value] = /^\{ \$\.(\w+) = "([^"]*)" \}$/.exec(pattern) ?? [];
  if (member === undefined) throw new Error(`this forwarder does not know the filter pattern ${pattern}`);
  return (message) => parse(message)?.[member] === value;
}

function parse(message: string): Record<string, unknown> | undefined {
  if (!message.startsWith('{')) return undefined;
  try {
    return JSON.parse(message) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}

const isEmf = (line: Record<string, unknown> | undefined): line is EmfLine & Record<string, unknown> =>
  line?._aws !== undefined;

function dataOf(line: EmfLine, directive: EmfLine['_aws']['CloudWatchMetrics'][number]) {
  return directive.Metrics.flatMap(({ Name, Unit, StorageResolution }) => {
    const values = [line[Name]].flat().filter((value): value is number => typeof value === 'number');
    return directive.Dimensions.flatMap((names) =>
      Array.from({ length: Math.ceil(values.length / MAX_VALUES) }, (_, i) => ({
        MetricName: Name,
        Unit: (Unit ?? 'None') as StandardUnit,
        StorageResolution,
        Timestamp: new Date(line._aws.Timestamp),
        Dimensions: names.map((name) => ({ Name: name, Value: String(line[name]) })),
        Values: values.slice(i * MAX_VALUES, (i + 1) * MAX_VALUES),
      })),
    );
  });
}
