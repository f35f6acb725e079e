import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type LocalHome, openLocalHome } from '../../../platform/local/home.ts';
import { announceReport, REPORT_INDEX, type ReportStore } from '../../../usecases/reports/announce-report.ts';
import { temporaryFolder } from '../../temporary-folder.ts';

describe('announceReport', () => {
  let home: LocalHome;
  beforeEach(async () => {
    home = await openLocalHome(temporaryFolder('reports'));
  });
  afterEach(() => home.close());

  /** The home's store, some of whose operations are others. */
  const store = (other: Partial<ReportStore['data']>): ReportStore['data'] => ({
    head: (key) => home.data.head(key),
    list: (prefix) => home.data.list(prefix),
    put: (key, body, options) => home.data.put(key, body, options),
    ...other,
  });
  const announce = (i: number, data: ReportStore['data'] = home.data) =>
    announceReport({ data }, `reports/validation/flights/drop-${i}/report.html`, {
      at: Date.UTC(2026, 0, 1) + i * 1_000,
      verdict: 'accepted',
      detail: `${i} of 100 quarantined`,
    });
  const page = async () => new TextDecoder().decode(await home.data.get(REPORT_INDEX));
  const listed = async () =>
    [...(await page()).matchAll(/href="validation\/flights\/drop-(\d+)\/report.html"/g)].map(([, n]) => Number(n));

  it('lists reports, the newest first, whatever their order of arrival', async () => {
    for (const i of [2, 1, 3]) await announce(i);
    await announce(3);
    // The latest of its dataset stands at the head.
    expect(await listed()).toEqual([3, 3, 2, 1]);
  });

  it('loses no report of writers at once', async () => {
    await Promise.all([1, 2, 3, 4, 5, 6, 7, 8].map((i) => announce(i)));
    await announce(9);
    expect(await listed()).toEqual([9, 9, 8, 7, 6, 5, 4, 3, 2, 1]);
  });

  it('does not undo the page of a writer that came in between', async () => {
    await announce(1);
    let once = true;
    const slow = store({
      list: async function* (prefix) {
        // What is listed here is old by the time that it is written.
        const found = [];
        for await (const each of home.data.list(prefix)) found.push(each);
        if (once) {
          once = false;
          await announce(3);
        }
        yield* found;
      },
    });
    await announce(2, slow);
    expect(await listed()).toEqual([3, 3, 2, 1]);
  });

  it('reads and writes as much however many reports there are', async () => {
    for (let i = 1; i <= 310; i++)
      await home.data.put(
        `reports/entries/${String(9_999_999_999_999 - Date.UTC(2026, 0, 1) - i * 1_000).padStart(13, '0')}!validation!flights!drop-${i}!accepted!none`,
        '',
      );
    let seen = 0;
    const counted = store({
      list: async function* (prefix) {
        for await (const each of home.data.list(prefix)) {
          seen++;
          yield each;
        }
      },
    });
    await announce(400, counted);
    expect(seen).toBe(301);
    expect(await listed()).toHaveLength(301);
    expect(await page()).toContain('older ones that are not listed');
  });

  it('fails nobody when the page cannot be written', async () => {
    const broken = store({ put: () => Promise.reject(new Error('no space')) });
    const warned = new Promise<Error>((resolve) => process.once('warning', resolve));
    await announce(1, broken);
    expect((await warned).message).toContain('is not listed in reports/index.html: no space');
  });
});
