import path from 'node:path';
import { expect, it } from 'vitest';
import { bundledCommand } from '../fixtures/command.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { killAtRandom } from './killed-commands.ts';

// bench/kills.bench.ts kills two hundred.
it('leaves nothing behind that the next start does not clear, whenever a command is killed', async () => {
  const folder = temporaryFolder('killed');
  const launcher = await bundledCommand(folder);
  const { killed, remains } = await killAtRandom({ launcher, folder: path.join(folder), kills: 3, seed: 5 });
  expect(killed).toBeGreaterThan(0);
  expect(remains).toEqual([]);
}, 60_000);
