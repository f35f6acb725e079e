import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Manifest } from '../core/manifest/manifest.ts';
import type { Command } from '../core/registry/commands.ts';
import { decide } from '../core/registry/decide.ts';
import { EMPTY_STATE } from '../core/registry/ledger.ts';
import { ModelVersion } from '../core/registry/version.ts';
import { openLocalHome } from '../platform/local/home.ts';
import type { Home } from '../platform/ports.ts';
import { readEntryAt } from '../usecases/registry/read-history.ts';
import { Registry } from '../usecases/registry/registry.ts';
import { describeStatus } from '../usecases/release/describe-status.ts';
import { type Bench, median, ratioRow } from './bench.ts';

const MODEL = 'm';
const SHORT = 10;
const LONG = 10_000;
const ROUNDS = 60;
const MAX = 1.2;
const REASON = 'measured';

/** What is done to a ledger, each time by a process that knows nothing of it. */
const TASKS: readonly [string, (home: Home, registry: Registry) => Promise<unknown>, max?: number][] = [
  [
    'a decision and its entry',
    (_, registry) => registry.apply(MODEL, { type: 'hold', because: 'infrastructure', version: 1, reason: REASON }),
    MAX,
  ],
  ['`status`', (home, registry) => describeStatus(home, registry, MODEL), MAX],
  ['the last page of `history`', (_, registry) => registry.lastEntries(MODEL, { limit: SHORT }), MAX],
  // Searched for by halves: 14 entries are read of 10,000.
  ['`history --at`', (home) => readEntryAt(home.ledger, MODEL, instant(SHORT - 1))],
];

/** A ledger of 10,000 entries against one of 10, on the local home, by turns. */
export const bench: Bench = async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'trimtab-ledger-'));
  try {
    const homes = { short: path.join(folder, 'short'), long: path.join(folder, 'long') };
    await writeLedger(homes.short, SHORT);
    await writeLedger(homes.long, LONG);
    const rows = [];
    for (const [what, task, max] of TASKS) {
      const times = { short: [] as number[], long: [] as number[] };
      for (let round = 0; round < ROUNDS; round++)
        for (const which of ['short', 'long'] as const) times[which].push(await timed(homes[which], task));
      rows.push(
        ratioRow(`${what}, with ${LONG} entries against ${SHORT}`, {
          own: median(times.long),
          other: median(times.short),
          ...(max === undefined ? {} : { max }),
        }),
      );
    }
    return rows;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

async function timed(folder: string, task: (home: Home, registry: Registry) => Promise<unknown>): Promise<number> {
  const home = await openLocalHome(folder);
  const registry = new Registry(home, 'bench');
  const started = performance.now();
  await task(home, registry);
  const took = performance.now() - started;
  await home.close();
  return took;
}

const instant = (number: number): string => new Date(Date.UTC(2026, 0, 1) + number * 60_000).toISOString();

/** Entries as years of alarms leave them. Most are written past the ledger, each of whose writes waits for the disk. */
async function writeLedger(root: string, entries: number): Promise<void> {
  const { ledger, close } = await openLocalHome(root);
  const folder = path.join(root, 'ledger', MODEL);
  const first: Command[] = [
    { type: 'register', version: 1, reason: REASON },
    { type: 'approve', version: 1, reason: REASON },
    { type: 'release', version: 1, reason: REASON },
  ];
  let state = EMPTY_STATE;
  for (let number = 1; number <= entries; number++) {
    const command = first[number - 1] ?? { type: 'hold', because: 'infrastructure', version: 1, reason: REASON };
    const entry = decide(state, command, { model: MODEL, at: instant(number), actor: 'bench' });
    if (number <= first.length || number === entries) await ledger.append(entry, number === 1 ? RECORD : undefined);
    else await writeFile(path.join(folder, nameOf(number)), JSON.stringify({ entry }, null, 1));
    state = entry.state;
  }
  await close();
}

const nameOf = (number: number): string => `${String(number).padStart(9, '0')}.json`;

const DIGEST = 'a'.repeat(64);
const RECORD = ModelVersion.parse({
  model: MODEL,
  version: 1,
  artifact: { key: `models/${DIGEST}.onnx`, digest: DIGEST, bytes: 1 },
  signature: {
    inputs: [{ name: 'x', type: 'float32', shape: [-1, 1] }],
    outputs: [{ name: 'y', type: 'float32', shape: [-1, 1] }],
  },
  manifest: Manifest.parse({ name: MODEL, contract: { features: [] } }),
  registeredAt: instant(0),
  registeredBy: 'bench',
});
