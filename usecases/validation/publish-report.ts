import { PUT_BACK } from '../../core/report/report-entry.ts';
import type { Home } from '../../platform/ports.ts';
import { announceReport } from '../reports/announce-report.ts';
import { fileOfDrop } from './drop-id.ts';
import { datasetMetricLine } from './metrics.ts';
import type { DropReport } from './report.ts';

const publishedMarkerKey = ({ dataset, drop }: DropReport): string => `reports/validation/${dataset}/${drop}/published`;

/** Has a report listed on the page of all reports. */
export const announceDrop = (home: Home, { places, at, verdict, rows, mends }: DropReport): Promise<void> =>
  announceReport(home, places.report, {
    at: Date.parse(at),
    ...(mends === null
      ? { verdict, detail: `${rows.quarantined} of ${rows.records} quarantined` }
      : { verdict: PUT_BACK, detail: `${rows.accepted} of ${rows.records} mended rows of drop ${fileOfDrop(mends)}` }),
  });

/** Whether the world has been told of a verdict. */
export const isPublished = async (home: Home, report: DropReport): Promise<boolean> =>
  (await home.data.head(publishedMarkerKey(report))) !== undefined;

/** Publishes the result at least once: a marker is written afterwards. */
export async function publish(home: Home, report: DropReport): Promise<void> {
  const { dataset, drop, verdict, version, rows, places } = report;
  await home.bus.publish({
    source: 'trimtab',
    detailType: 'Drop Validated',
    detail: { dataset, drop, verdict, version, rows, report: places.report },
  });
  const now = home.clock.now();
  home.metrics.write(
    datasetMetricLine({ environment: home.metrics.environment, dataset, at: now }, verdict === 'rejected', rows),
  );
  await announceDrop(home, report);
  await home.data.put(publishedMarkerKey(report), now.toISOString());
}
