import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { renderIndex } from '../../../core/report/index-page.ts';
import { entryKey, parseEntryKey, type ReportEntry } from '../../../core/report/report-entry.ts';

const entry: ReportEntry = {
  kind: 'validation',
  name: 'flight-delay',
  id: '0123456789abcdef',
  at: Date.UTC(2026, 10, 30, 12),
  verdict: 'accepted',
  detail: '43 of 2999 quarantined',
};

describe('entryKey', () => {
  const word = fc.stringMatching(/^[A-Za-z0-9._-]{1,40}$/);
  it('holds the whole entry', () => {
    fc.assert(
      fc.property(fc.record({ kind: word, name: word, id: word, verdict: word, at: fc.nat(4e12) }), (parts) => {
        const made = { ...entry, ...parts };
        expect(parseEntryKey(entryKey(made))).toEqual(made);
      }),
    );
  });

  it('lists the newest first', () => {
    fc.assert(
      fc.property(fc.nat(4e12), fc.nat(4e12), (a, b) => {
        fc.pre(a !== b);
        const [one, other] = [entryKey({ ...entry, at: a }), entryKey({ ...entry, at: b })];
        expect(one < other).toBe(a > b);
      }),
    );
  });

  it('refuses what is no word, and reads no other key', () => {
    expect(() => entryKey({ ...entry, name: 'a/b' })).toThrow('letters, digits');
    for (const key of [
      'reports/index.html',
      'reports/entries/x',
      'reports/entries/1!a!b!c!d!e',
      `${entryKey(entry)}!more`,
    ])
      expect(parseEntryKey(key)).toBeUndefined();
  });
});

describe('renderIndex', () => {
  it('links every report, and the latest of each subject first of all', () => {
    const older = { ...entry, id: 'older', at: entry.at - 1_000, verdict: 'rejected', detail: '9 of 9 quarantined' };
    const drift = {
      ...entry,
      kind: 'drift',
      id: 'v1-w',
      at: entry.at - 2_000,
      verdict: 'no_drift',
      detail: '0 of 17 columns drifted',
    };
    const html = renderIndex([entry, older, drift], true);
    const links = [...html.matchAll(/href="(.*?)"/g)].map(([, link]) => link);
    expect(links).toEqual([
      'validation/flight-delay/0123456789abcdef/report.html',
      'drift/flight-delay/v1-w/report.html',
      'validation/flight-delay/0123456789abcdef/report.html',
      'validation/flight-delay/older/report.html',
      'drift/flight-delay/v1-w/report.html',
    ]);
    expect(html).toContain('no drift');
    expect(html).toContain('older ones that are not listed');
    expect(renderIndex([], false)).toContain('no time');
  });
});
