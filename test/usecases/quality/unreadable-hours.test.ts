import { describe, expect, it } from 'vitest';
import { UnreadableHours } from '../../../usecases/quality/unreadable-hours.ts';

describe('an hour that cannot be read', () => {
  const hour = (of: string, reason = 'a shard is cut off') => ({ model: 'm', hour: of, reason });

  it('is said once, again with another reason, and once more when it can be read', () => {
    const hours = new UnreadableHours();
    const twelve = hour('2026-01-01T12');
    expect(hours.changes([])).toEqual([]);
    expect(hours.changes([twelve])).toEqual([
      {
        level: 'error',
        message:
          'joined rows of m of 2026-01-01T12 cannot be read; truths of its predictions go to quarantine/ground-truth/m/: a shard is cut off',
      },
    ]);
    for (let run = 0; run < 60; run++) expect(hours.changes([twelve])).toEqual([]);
    expect(hours.changes([hour('2026-01-01T12', 'sealed under another secret'), hour('2026-01-01T13')])).toMatchObject([
      { level: 'error', message: expect.stringContaining('sealed under another secret') },
      { level: 'error', message: expect.stringContaining('2026-01-01T13') },
    ]);
    expect(hours.changes([hour('2026-01-01T13')])).toEqual([
      { level: 'info', message: 'joined rows of m of 2026-01-01T12 can be read again' },
    ]);
    // Damaged anew it is another matter.
    expect(hours.changes([twelve, hour('2026-01-01T13')])).toHaveLength(1);
  });

  it('is another of each model', () => {
    const hours = new UnreadableHours();
    hours.changes([hour('2026-01-01T12')]);
    expect(hours.changes([hour('2026-01-01T12'), { ...hour('2026-01-01T12'), model: 'other' }])).toHaveLength(1);
  });
});
