import { expect, inject, it } from 'vitest';
import { differences, readTree } from './tree.ts';

// In a project of its own, which every other test comes before (test/isolation/config.ts).
it('is, when all tests are through, as it was before the first one', () => {
  const before = inject('before');
  const after = readTree(process.cwd());
  for (const home of new Set([...before.served, ...after.served]))
    process.stderr.write(`${home} was served meanwhile, by \`trimtab up\` or \`npm start\`: not looked at\n`);
  expect(
    differences(before, after),
    'the checkout has changed while the tests ran: a test has to work in a temporaryFolder(), and who edits files meanwhile has to test again',
  ).toEqual([]);
});
