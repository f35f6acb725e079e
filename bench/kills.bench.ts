import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { bundledCommand } from '../test/fixtures/command.ts';
import { killAtRandom } from '../test/killed/killed-commands.ts';
import type { Bench } from './bench.ts';

/** How many, and the seed of their moments, so that a finding can be had again. */
const KILLS = Number(process.env.TRIMTAB_KILLS ?? 200);
const SEED = Number(process.env.TRIMTAB_KILLS_SEED ?? 15);

/** Commands killed at random moments, and what of them is there after the next start. */
export const bench: Bench = async () => {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'trimtab-kills-'));
  try {
    const launcher = await bundledCommand(folder);
    const { killed, found, remains } = await killAtRandom({ launcher, folder, kills: KILLS, seed: SEED });
    for (const each of remains) process.stderr.write(`${each}\n`);
    return [
      {
        what: `kill -9 of validate, register, forget, serve, up at random moments: remains after the next start`,
        measured: `${remains.length} after ${killed} kills, which had left ${found}`,
        target: '0',
        reached: remains.length === 0 && killed > 0,
      },
    ];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};
