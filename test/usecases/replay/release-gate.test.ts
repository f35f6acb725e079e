import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { RegistrationRefusedError } from '../../../core/registry/errors.ts';
import { openLocalHome } from '../../../platform/local/home.ts';
import { withExamined } from '../../../platform/onnx/examine.ts';
import { workerEntry } from '../../../platform/onnx/worker/worker-entry.ts';
import type { Home } from '../../../platform/ports.ts';
import { assessVersion } from '../../../usecases/registry/assess-version.ts';
import { registerModel } from '../../../usecases/registry/register-model.ts';
import { Registry } from '../../../usecases/registry/registry.ts';
import { beforeRelease } from '../../../usecases/replay/release-gate.ts';
import { temporaryFolder } from '../../temporary-folder.ts';

const MODEL = 'flight-delay';

/** Rows and wrong decisions of a reference, by truth. */
interface Reference {
  readonly late: readonly [rows: number, wrong: number];
  readonly onTime: readonly [rows: number, wrong: number];
}

const GOOD: Reference = { late: [1_000, 110], onTime: [1_500, 150] };
const WORSE: Reference = { late: [1_000, 740], onTime: [1_500, 150] };
const WORTHLESS: Reference = { late: [1_000, 800], onTime: [1_500, 1_300] };

describe('references of versions', () => {
  let home: Home;
  let registry: Registry;
  beforeEach(async () => {
    home = await openLocalHome(temporaryFolder('references'));
    registry = new Registry(home, 'test');
  });

  /** Registers a version of a reference of which no rows are kept. */
  async function register({ late, onTime }: Reference, force = false) {
    const folder = path.join(temporaryFolder('reference'), 'v');
    cpSync(`models/${MODEL}/v1`, folder, { recursive: true });
    const file = path.join(folder, 'baseline.json');
    const { background: _, ...baseline } = JSON.parse(readFileSync(file, 'utf8'));
    const rows = late[0] + onTime[0];
    const performance = {
      rows,
      errorRate: (late[1] + onTime[1]) / rows,
      classes: [
        { name: 'false', rows: onTime[0], wrong: onTime[1] },
        { name: 'true', rows: late[0], wrong: late[1] },
      ],
    };
    writeFileSync(file, JSON.stringify({ ...baseline, performance }));
    return withExamined(path.join(folder, 'model.onnx'), (examined) =>
      registerModel(registry, folder, examined, { assess: (candidate) => assessVersion(home, candidate, force) }),
    );
  }

  it('keep a version from being registered that is worth less than a constant, unless it is forced', async () => {
    await expect(register(WORTHLESS)).rejects.toThrow(RegistrationRefusedError);
    await expect(register(WORTHLESS)).rejects.toThrow(/wrong on 84 % of 2500 rows.* false every time .*40 %.*--force/);
    expect((await registry.state(MODEL)).latest).toBe(0);
    await register(WORTHLESS, true);
    const [entry] = await registry.history(MODEL);
    expect(entry!.reason).toContain('(forced, although it is wrong on 84 %');
    expect(entry!.evidence).toMatchObject({ forced: [expect.stringContaining('84 %')] });
  });

  it('are shown beside the champion’s, and keep a clearly worse version from being released', async () => {
    await register(GOOD);
    for (const type of ['approve', 'release'] as const)
      await registry.apply(MODEL, { type, version: 1, reason: 'test' });
    const { references } = await register(WORSE);
    expect(references).toMatchObject({
      own: { errorRate: 0.356 },
      champion: { version: 1, performance: { errorRate: 0.104 } },
    });
    const { worse } = await beforeRelease(home, MODEL, 2, { entry: workerEntry() });
    expect(worse).toEqual([expect.stringMatching(/^missed positives: 74 % of 1000 .*, the champion 11 % of 1000/)]);
    await register({ ...GOOD, late: [1_000, 112] });
    expect((await beforeRelease(home, MODEL, 3, { entry: workerEntry() })).worse).toEqual([]);
  });
});
