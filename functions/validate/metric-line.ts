import { NAMESPACE } from '../../core/alarms/alarm.ts';

/** A line of embedded metric format about a drop: rows and 0/1 for a file rejected whole, by dataset and over all. */
export function datasetMetricLine(
  dataset: string,
  at: Date,
  rejected: boolean,
  rows: { readonly accepted: number; readonly quarantined: number },
): string {
  const metrics = { RowsAccepted: rows.accepted, RowsQuarantined: rows.quarantined, FileRejected: rejected ? 1 : 0 };
  return JSON.stringify({
    _aws: {
      Timestamp: at.getTime(),
      CloudWatchMetrics: [
        {
          Namespace: NAMESPACE,
          // Over all datasets, too: an alarm is made at deployment, when nobody knows what they will be called.
          Dimensions: [['Dataset'], []],
          Metrics: Object.keys(metrics).map((Name) => ({ Name, Unit: Name === 'FileRejected' ? 'None' : 'Count' })),
        },
      ],
    },
    Dataset: dataset,
    ...metrics,
  });
}
