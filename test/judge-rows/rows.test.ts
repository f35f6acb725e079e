import { afterAll, beforeAll, describe, it } from 'vitest';
import type { LocalRuntime } from '../../local-runtime/local-runtime.ts';
import { RowModel, startRows } from './row-fixture.ts';
import { wrongAbout } from './table-model.ts';

let runtime: LocalRuntime;
beforeAll(async () => {
  runtime = await startRows(console.log);
});
afterAll(() => runtime.close());

const GOOD = { scores: wrongAbout(0.1) };
/** Fails whatever is asked. */
const BROKEN = { scores: [0.5] };

describe.concurrent('the judge over a running installation', () => {
  it('1: takes a canary back that fails every request', async ({ expect }) => {
    const model = new RowModel(runtime, 'row-1');
    model.rows(1);
    await model.release(await model.register(GOOD));
    const version = await model.register(BROKEN);
    await model.canary(version, 0.25);
    const seen = await model.send(model.rows(100));
    const entry = await model.entry('canary-aborted');
    console.log(JSON.stringify(entry, null, 1), seen.filter((e) => e.version === version).length, seen.filter((e)=>e.status>=500).length);
    console.log(JSON.stringify(await model.replays(version)));
    expect(entry.reason).toContain('failures');
  });
  it('2: takes a fresh champion back that fails every request', async ({ expect }) => {
    const model = new RowModel(runtime, 'row-2');
    model.rows(1);
    await model.release(await model.register(GOOD));
    const before = await model.send(model.rows(100));
    const version = await model.register(BROKEN);
    await model.release(version);
    const seen = await model.send(model.rows(30));
    const entry = await model.entry('rolled-back', 'unclear-held', 'infrastructure-held');
    console.log(JSON.stringify(entry, null, 1), seen.filter((e) => e.version === version).length, before[0]);
    console.log(JSON.stringify(await model.replays(version)));
    expect(entry.kind).toBe('rolled-back');
  });
});
