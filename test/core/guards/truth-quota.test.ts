import { describe, expect, it } from 'vitest';
import type { ProtocolError } from '../../../core/errors/protocol-error.ts';
import { TruthQuota } from '../../../core/guards/truth-quota.ts';

const MEGABYTE = 1024 * 1024;

function statusOf(take: () => void): { status: number; after: number | undefined } {
  try {
    take();
    return { status: 200, after: undefined };
  } catch (error) {
    const { status, retryAfterSeconds: after } = error as ProtocolError;
    return { status, after };
  }
}

describe('TruthQuota', () => {
  it('takes of 41 MB in a second from one caller its share, and others go on', () => {
    const quota = new TruthQuota(8 * MEGABYTE);
    const answers = Array.from({ length: 41 }, (_, i) =>
      statusOf(() => quota.take('greedy', { bytes: MEGABYTE, records: 100 }, i * 24)),
    );
    // What it may send at once, and what a second adds to that.
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(8);
    for (const { status, after } of answers.filter(({ status }) => status !== 200)) {
      expect(status).toBe(429);
      expect(after).toBeGreaterThan(0);
      expect(after).toBeLessThan(60);
    }
    expect(statusOf(() => quota.take('healthy', { bytes: 1_000, records: 10 }, 1_000)).status).toBe(200);
    // A minute later it has its share again.
    expect(statusOf(() => quota.take('greedy', { bytes: 7 * MEGABYTE, records: 1 }, 61_000)).status).toBe(200);
  });

  it('takes no more from many callers than the join does, and tells what no share can take', () => {
    const quota = new TruthQuota(MEGABYTE);
    const statuses = Array.from(
      { length: 20 },
      (_, i) => statusOf(() => quota.take(`caller ${i}`, { bytes: MEGABYTE - 64, records: 1 }, 0)).status,
    );
    expect(statuses).toEqual([...Array<number>(8).fill(200), ...Array<number>(12).fill(503)]);
    expect(statusOf(() => quota.take('large', { bytes: MEGABYTE, records: 1 }, 0)).status).toBe(413);
  });

  it('counts small records by more than their text', () => {
    const quota = new TruthQuota(MEGABYTE);
    expect(statusOf(() => quota.take('a', { bytes: 0, records: 16_384 }, 0)).status).toBe(200);
    expect(() => quota.take('a', { bytes: 0, records: 1 }, 0)).toThrow(/these are 64 more; try again in 0\.1 s$/);
  });
});
