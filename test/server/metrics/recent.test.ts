import { expect, it } from 'vitest';
import { recent } from '../../../server/metrics/recent.ts';

it('What is expensive is made once for all who ask while it is made, and anew later', async () => {
  let made = 0;
  const ask = recent(async () => {
    await new Promise((resolve) => setTimeout(resolve, 5));
    return ++made;
  });
  expect(await Promise.all([ask(), ask(), ask()])).toEqual([1, 1, 1]);
  await expect.poll(ask, { interval: 10 }).toBe(2);
});

it('A failure is shared by those who wait for it, and tried again', async () => {
  let tried = 0;
  const ask = recent(async () => {
    if (++tried === 1) throw new Error('no');
    return tried;
  });
  const both = await Promise.allSettled([ask(), ask()]);
  expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  expect(await ask()).toBe(2);
});
