import { renderIndex } from '../../core/report/index-page.ts';
import { ENTRIES, entryKey, parseEntryKey, type ReportEntry } from '../../core/report/report-entry.ts';
import type { ObjectStore } from '../../platform/ports.ts';

/** The page that lists all reports. */
export const REPORT_INDEX = 'reports/index.html';

/** Where reports are. */
export interface ReportStore {
  readonly data: Pick<ObjectStore, 'head' | 'list' | 'put'>;
}

/** Reports that it lists. */
const MAX_ENTRIES = 300;
/** Tries to write it; of very many writers at once some leave it to the next report. */
const MAX_TRIES = 3;

/**
 * Lists a report on the page of all reports. An entry is written first and once, and the page is made of a listing of the
 * newest entries: nothing grows with the reports there are. Of two writers at once none undoes the other's: a page is
 * replaced only while it is the one that was there before the entries were listed.
 *
 * A page that could not be written fails nothing: the report itself is where it is, and the next one lists it.
 *
 * @param page key of the report: `reports/KIND/NAME/ID/report.html`
 */
export async function announceReport(
  { data }: ReportStore,
  page: string,
  about: Pick<ReportEntry, 'at' | 'verdict' | 'detail'>,
): Promise<void> {
  const [, kind, name, id] = page.split('/');
  try {
    await data.put(entryKey({ kind: kind!, name: name!, id: id!, ...about }), '', { ifAbsent: true });
    for (let tries = 0; tries < MAX_TRIES; tries++) if (await writeIndex({ data })) return;
  } catch (error) {
    process.emitWarning(`${page} is not listed in ${REPORT_INDEX}: ${(error as Error).message}`);
  }
}

/** @returns false when somebody else has written it meanwhile */
async function writeIndex({ data }: ReportStore): Promise<boolean> {
  const before = await data.head(REPORT_INDEX);
  const entries: ReportEntry[] = [];
  for await (const { key } of data.list(ENTRIES)) {
    const entry = parseEntryKey(key);
    if (entry) entries.push(entry);
    if (entries.length > MAX_ENTRIES) break;
  }
  const html = renderIndex(entries.slice(0, MAX_ENTRIES), entries.length > MAX_ENTRIES);
  return data.put(REPORT_INDEX, html, {
    contentType: 'text/html; charset=utf-8',
    ...(before ? { ifMatch: before.etag } : { ifAbsent: true }),
  });
}
