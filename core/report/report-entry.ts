/** What the index says of a report. */
export interface ReportEntry {
  /** Folder under `reports/`, such as validation and drift. */
  readonly kind: string;
  /** Dataset or model. */
  readonly name: string;
  /** Folder of the report under that of its name. */
  readonly id: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly verdict: string;
  /** A few words, such as `43 of 2999 quarantined`. */
  readonly detail: string;
}

/** Verdict of an entry that is of a few mended rows of a file: it says nothing of how the dataset stands. */
export const PUT_BACK = 'put_back';

/** Prefix of the keys of all entries. */
export const ENTRIES = 'reports/entries/';
/** Keys are listed in their order: counted down from here, the newest come first. */
const LAST_INSTANT = 9_999_999_999_999;
const WORD = /^[A-Za-z0-9._-]+$/;

/**
 * The key of an entry, which holds all of it: a listing of the first few hundred keys is an index, newest first, and
 * nothing has to be read.
 */
export function entryKey({ kind, name, id, at, verdict, detail }: ReportEntry): string {
  const parts = [kind, name, id, verdict, detail.replaceAll(/[^A-Za-z0-9.]+/g, '_')];
  if (!parts.slice(0, 4).every((part) => WORD.test(part)))
    throw new Error(`parts of the key of a report are letters, digits, '.', '_' and '-', received ${parts.join(', ')}`);
  return `${ENTRIES}${String(LAST_INSTANT - at).padStart(13, '0')}!${parts.join('!')}`;
}

/** The entry that a key holds; undefined for another key. */
export function parseEntryKey(key: string): ReportEntry | undefined {
  if (!key.startsWith(ENTRIES)) return undefined;
  const [instant = '', kind, name, id, verdict, detail, ...rest] = key.slice(ENTRIES.length).split('!');
  if (!/^\d{13}$/.test(instant) || rest.length > 0 || detail === undefined) return undefined;
  if (![kind, name, id, verdict].every((part) => part !== undefined && WORD.test(part))) return undefined;
  return {
    kind: kind!,
    name: name!,
    id: id!,
    at: LAST_INSTANT - Number(instant),
    verdict: verdict!,
    detail: detail.replaceAll('_', ' '),
  };
}
