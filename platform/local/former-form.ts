import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { PlatformError } from '../errors.ts';

/** Where names of folders tell that an earlier version wrote them: below which folder, and how they look. */
const FORMER = [
  { below: 'captures/captures', name: /^\d{4}$/, now: 'captures/dt=YYYY-MM-DD/hour=HH/' },
  {
    below: 'data/ground-truth/joined',
    name: /^(?!model=)[a-z0-9]/i,
    now: 'ground-truth/joined/model=NAME/dt=YYYY-MM-DD/hour=HH/',
  },
  { below: 'data/datasets/*', name: /^(\d{6}|drops)$/, now: 'datasets/NAME/dataset_version=000001/' },
] as const;

/**
 * Refuses a home whose captures, truths or dataset versions lie where an earlier version put them: nothing would find them.
 *
 * @throws PlatformError naming what was found
 */
export async function refuseFormerForm(root: string): Promise<void> {
  for (const { below, name, now } of FORMER)
    for (const folder of await foldersOf(root, below)) {
      const found = (await namesIn(path.join(root, folder))).find((each) => name.test(each));
      if (found !== undefined)
        throw new PlatformError(
          `${root} was written by an earlier version: there is ${folder}/${found}, where this one has ${now}. Begin a new home, or keep using that version with this one`,
        );
    }
}

async function foldersOf(root: string, below: string): Promise<string[]> {
  if (!below.endsWith('/*')) return [below];
  const parent = below.slice(0, -2);
  return (await namesIn(path.join(root, parent))).map((name) => `${parent}/${name}`);
}

/** None where there is no such folder. */
const namesIn = (folder: string): Promise<string[]> => readdir(folder).catch(() => []);
