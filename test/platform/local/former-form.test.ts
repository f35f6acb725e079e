import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { openLocalHome } from '../../../platform/local/home.ts';
import { temporaryFolder } from '../../temporary-folder.ts';

describe('a home of an earlier version', () => {
  const folder = temporaryFolder('former');
  it.each([
    'captures/captures/2026/01/31/12',
    'data/datasets/flights/000001',
    'data/datasets/flights/drops',
    'data/ground-truth/joined/flights/2026-01-31T12',
  ])('is refused, and what was found there is named: %s', async (found) => {
    const root = path.join(folder, found.replaceAll('/', '-'));
    await mkdir(path.join(root, found), { recursive: true });
    await expect(openLocalHome(root)).rejects.toThrow('was written by an earlier version');
  });

  it('is none where there are folders of this version, and files of others', async () => {
    const root = path.join(folder, 'now');
    for (const each of [
      'captures/captures/dt=2026-01-31/hour=12',
      'data/datasets/f/dataset_version=000001',
      'data/ground-truth/joined/model=f',
      'data/ground-truth/joined/.DS_Store',
    ])
      await mkdir(path.join(root, each), { recursive: true });
    await (await openLocalHome(root)).close();
  });
});
