import { describe, expect, it } from 'vitest';
import { interval } from '../../../cli/output/interval.ts';

describe('interval', () => {
  it('shows where an interval lies about 0, and where a difference begins to matter', () => {
    // The line reaches 0.044 to either side: 0.001 is 0.45 of a character.
    const line = `  ├${'─'.repeat(8)}●${'─'.repeat(8)}┼────┤   ┊${' '.repeat(11)}`;
    expect(interval({ low: -0.04, point: -0.02, high: 0.01 }, 0.02)).toBe(line);
    expect(interval({ low: 0.5, point: 1, high: 1.5 }, 0.02)).toMatch(/^ +┊?│?┊? +├─+●─+┤ +$/);
  });

  it('is as wide for every interval', () => {
    for (const [low, point, high] of [
      [-3, -3, -3],
      [-1, 0, 1],
      [1e-9, 2e-9, 1e6],
    ] as const)
      expect([...interval({ low: low, point: point, high: high }, 0.1)]).toHaveLength(41);
  });
});
