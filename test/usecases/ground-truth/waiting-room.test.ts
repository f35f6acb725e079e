import { describe, expect, it } from 'vitest';
import { WaitingRoom } from '../../../usecases/ground-truth/waiting-room.ts';

const records = (count: number, id = 'a') =>
  Array.from({ length: count }, () => ({ id, truth: 1, received: '2026-01-01T00:00:00.000Z' }));

describe('WaitingRoom', () => {
  it('lets all wait while there is room', () => {
    const batches = [records(60_000), records(40_000)];
    const room = new WaitingRoom(batches);
    expect(batches.map((batch) => room.putAside(batch))).toEqual([0, 0]);
  });

  it('puts those aside that have waited for longest, by their number', () => {
    const batches = [records(30_000), records(60_000), records(80_000)];
    const room = new WaitingRoom(batches, { records: 1_000, characters: 0 });
    expect(batches.map((batch) => room.putAside(batch))).toEqual([30_000, 41_000, 0]);
  });

  it('does so by their size', () => {
    const batches = [records(10, 'old'), records(40_000, 'i'.repeat(300))];
    const room = new WaitingRoom(batches);
    expect(room.putAside(batches[0]!)).toBe(10);
    const left = 40_000 - room.putAside(batches[1]!);
    expect(left * 300).toBeLessThan(16_000_000);
    expect(left * 410).toBeGreaterThan(16_000_000);
  });
});
