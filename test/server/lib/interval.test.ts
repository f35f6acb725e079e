import { describe, expect, it } from 'vitest';
import { startInterval } from '../../../server/lib/interval.ts';

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe('every', () => {
  it('never runs a job twice at once, and goes on after a failure', async () => {
    let running = 0;
    let most = 0;
    let runs = 0;
    const failures: unknown[] = [];
    const loop = startInterval(
      0.002,
      async () => {
        running++;
        runs++;
        most = Math.max(most, running);
        await wait(8);
        running--;
        if (runs === 1) throw new Error('first');
      },
      (error) => failures.push(error),
    );
    while (runs < 3) await wait(5);
    await loop.stop();
    const after = runs;
    await wait(20);
    expect(most).toBe(1);
    expect(failures).toEqual([new Error('first')]);
    expect(runs).toBe(after);
    expect(running).toBe(0);
  });
});
