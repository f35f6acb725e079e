import { NAMESPACE } from '../../core/alarms/alarm.ts';

/** A line of embedded metric format about a drop: rows and 0/1 for a file rejected whole, by dataset and over all. */
export const datasetMetricLine = (
  dataset: string,
  at: Date,
  rejected: boolean,
  rows: { readonly accepted: number; readonly quarantined: number },
): string =>
  line(dataset, at, { RowsAccepted: rows.accepted, RowsQuarantined: rows.quarantined, FileRejected: rejected ? 1 : 0 });

/** A line about the privacy secret: 1 when it could not be had and columns are dropped, else 0; by dataset. */
export const privacyMetricLine = (dataset: string, at: Date, failed: boolean): string =>
  line(dataset, at, { PrivacyFailure: failed ? 1 : 0 });

function line(dataset: string, at: Date, metrics: Readonly<Record<string, number>>): string {
  return JSON.stringify({
    _aws: {
      Timestamp: at.getTime(),
      CloudWatchMetrics: [
        {
          Namespace: NAMESPACE,
          // Over all datasets, too: an alarm is made at deployment, when nobody knows what they will be called.
          Dimensions: [['Dataset'], []],
          Metrics: Object.keys(metrics).map((Name) => ({ Name, Unit: Name.startsWith('Rows') ? 'Count' : 'None' })),
        },
      ],
    },
    Dataset: dataset,
    ...metrics,
  });
}
