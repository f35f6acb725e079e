import { describe, expect, it } from 'vitest';
import { FairQueue } from '../../../server/workers/fair-queue.ts';

const [a, b, c] = [{}, {}, {}];
const names = new Map([
  [a, 'a'],
  [b, 'b'],
  [c, 'c'],
]);
const queue = (...owners: object[]) => {
  const made = new FairQueue<{ owner: object; at: number }>();
  for (const [at, owner] of owners.entries()) made.push({ owner, at });
  return made;
};
const drained = (of: ReturnType<typeof queue>): string[] => {
  const order: string[] = [];
  for (let next = of.shift(); next !== undefined; next = of.shift()) order.push(`${names.get(next.owner)}${next.at}`);
  return order;
};

describe('FairQueue', () => {
  it('serves owners in turn, and each in the order in which it came', () => {
    expect(drained(queue(a, a, a, b, a, c))).toEqual(['a0', 'b3', 'c5', 'a1', 'a2', 'a4']);
  });

  it('gives out all of one owner, all that is old, and what was put back first', () => {
    const made = queue(a, b, a, b, c);
    expect(made.take(a)).toHaveLength(2);
    expect([made.size, made.oldest, made.hasOthers(b), made.hasOthers(c)]).toEqual([3, 1, true, true]);
    const first = made.shift()!;
    made.unshift(first);
    expect(made.takeBefore(3)).toEqual([{ owner: b, at: 1 }]);
    expect(drained(made)).toEqual(['b3', 'c4']);
    expect([made.size, made.oldest, made.hasOthers(a)]).toEqual([0, undefined, false]);
  });
});
