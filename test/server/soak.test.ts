import { describe, expect, it, vi } from 'vitest';
import { soak } from '../soak/soak.ts';

// Processes are started, and models of every kind loaded.
vi.setConfig({ testTimeout: 240_000 });

describe('The server under everything at once, for some seconds of what `npm run bench -- soak` does for an hour', () => {
  it('answers all of it right while releases change hands, loses nothing, and drains', async () => {
    const result = await soak({ seconds: 5, rate: 60, callers: 8, changeEvery: 0.3, lookEvery: 0.5, collections: 2 });
    expect(result.faults).toEqual([]);
    expect(result.status).toBe(0);
    // Every kind of task had its turn: once at least, then by chance.
    expect(result.runs.size).toBeGreaterThan(60);
    expect(result.changes).toBeGreaterThan(0);
    expect(result.broken).toBeGreaterThan(0);
    expect(result.live.length).toBeGreaterThanOrEqual(2);
    for (const { bytes, processes } of result.live) {
      // The one that watches, two that answer, a worker each, and what loads what is released meanwhile.
      expect(processes).toBeGreaterThanOrEqual(5);
      expect(bytes).toBeGreaterThan(0);
    }
    expect(result.said).toBe('');
  });
});
