import { DATASET_METRICS, type DatasetMetricName, NAMESPACE } from '../../core/observability/metric-names.ts';

/** Which data file of which installation a line is about. */
interface DatasetEvent {
  readonly environment: string;
  readonly dataset: string;
  readonly at: Date;
}

/** A line of embedded metric format about a drop: rows, and 0/1 for a file rejected whole. */
export const datasetMetricLine = (
  event: DatasetEvent,
  rejected: boolean,
  rows: { readonly accepted: number; readonly quarantined: number },
): string =>
  line(event, { RowsAccepted: rows.accepted, RowsQuarantined: rows.quarantined, FileRejected: rejected ? 1 : 0 });

/** A line about the privacy secret: 1 when it could not be had and columns are dropped, else 0. */
export const privacyMetricLine = (event: DatasetEvent, failed: boolean): string =>
  line(event, { PrivacyFailure: failed ? 1 : 0 });

function line({ environment, dataset, at }: DatasetEvent, metrics: Partial<Record<DatasetMetricName, number>>): string {
  const names = Object.keys(metrics) as DatasetMetricName[];
  return JSON.stringify({
    _aws: {
      Timestamp: at.getTime(),
      CloudWatchMetrics: [true, false]
        .map((byDataset) => ({
          Namespace: NAMESPACE,
          // Over all datasets, too: an alarm is made at deployment, when nobody knows what they will be called.
          Dimensions: byDataset ? [['Environment', 'Dataset'], ['Environment']] : [['Environment']],
          Metrics: names
            .filter((name) => DATASET_METRICS[name].byDataset === byDataset)
            .map((Name) => ({ Name, Unit: DATASET_METRICS[Name].unit })),
        }))
        .filter(({ Metrics }) => Metrics.length > 0),
    },
    Environment: environment,
    Dataset: dataset,
    ...metrics,
  });
}
