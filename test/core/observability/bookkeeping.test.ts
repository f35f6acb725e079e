import { describe, expect, it } from 'vitest';
import { Bookkeeping, lossReason } from '../../../core/observability/bookkeeping.ts';
import { Exposition } from '../../../core/observability/exposition.ts';

const failure = (code: string): Error => Object.assign(new Error(`${code}: it says`), { code });

describe('lossReason', () => {
  it('reads the code of the operating system, also of what caused the error', () => {
    expect(['ENOSPC', 'EDQUOT', 'EFBIG', 'EROFS', 'EACCES', 'EIO'].map((code) => lossReason(failure(code)))).toEqual([
      'disk-full',
      'disk-full',
      'disk-full',
      'read-only',
      'not-permitted',
      'failed',
    ]);
    expect(lossReason(new Error('outside', { cause: failure('EROFS') }))).toBe('read-only');
    const circle = new Error('itself');
    circle.cause = circle;
    expect(lossReason(circle)).toBe('failed');
  });
});

describe('Bookkeeping', () => {
  it('knows since when, why and how many, and when it was over', () => {
    let now = 1_000;
    const kept = new Bookkeeping(() => now);
    kept.failed('captures', failure('ENOSPC'));
    now = 2_000;
    kept.lost('captures', failure('ENOSPC'), 7);
    expect(kept.records).toEqual([
      {
        what: 'captures',
        reason: 'disk-full',
        message: 'ENOSPC: it says',
        since: 1_000,
        until: null,
        lost: 7,
        refused: 0,
      },
    ]);
    expect(kept.troubled).toBe(true);
    now = 3_000;
    kept.worked('metrics');
    expect(kept.troubled).toBe(true);
    kept.worked('captures');
    expect(kept.troubled).toBe(false);
    now = 9_000;
    kept.failed('captures', failure('ENOSPC'));
    expect(kept.records[0]).toMatchObject({ since: 9_000, until: null, lost: 7 });
  });

  it('lets what no write ends be over after a minute of quiet', () => {
    let now = 0;
    const kept = new Bookkeeping(() => now);
    kept.refused('truths', 'quota');
    kept.worked('truths');
    now = 59_999;
    expect(kept.troubled).toBe(true);
    now = 60_000;
    expect(kept.troubled).toBe(false);
    expect(kept.records[0]).toMatchObject({ until: 60_000, refused: 1 });
  });

  it('says that there is trouble by one metric line in half a minute, and none without', () => {
    let now = 0;
    const kept = new Bookkeeping(() => now);
    expect(kept.line('prod')).toBeUndefined();
    kept.failed('metrics', failure('EROFS'));
    expect(JSON.parse(kept.line('prod')!)).toMatchObject({ Environment: 'prod', BookkeepingFailure: 1 });
    now = 29_999;
    expect(kept.line('prod')).toBeUndefined();
    now = 30_000;
    expect(kept.line('prod')).toBeDefined();
    now = 59_000;
    kept.worked('metrics');
    now = 90_000;
    expect(kept.line('prod')).toBeUndefined();
  });

  it('exposes counters and whether it lasts', async () => {
    const kept = new Bookkeeping(() => 0);
    kept.lost('metrics', failure('EFBIG'), 3);
    const to = new Exposition('e');
    await kept.collect(to);
    const labels = '{environment="e",what="metrics",reason="disk-full"}';
    expect(to.toString()).toContain(`trimtab_bookkeeping_lost_total${labels} 3\n`);
    expect(to.toString()).toContain(`trimtab_bookkeeping_failing${labels} 1\n`);
  });
});
