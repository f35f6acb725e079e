import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, it, vi } from 'vitest';
import { main } from '../../cli/main.ts';
import { startLocalRuntime } from '../../local-runtime/local-runtime.ts';
import { expandModel, loopModel } from '../fixtures/onnx/write.ts';
import { temporaryFolder } from '../temporary-folder.ts';

vi.setConfig({ testTimeout: 120_000 });

const HOURS = 100_000_000_000;

it('ends a request that makes a graph run for ever or take all memory, answers others meanwhile, and says so', async () => {
  const home = temporaryFolder('endless');
  const out: string[] = [];
  const run = (...argv: string[]): Promise<number> => {
    out.length = 0;
    return main(['--home', home, ...argv], { out: (text) => out.push(text), err: (text) => out.push(text), env: {} });
  };
  for (const [name, bytes] of [
    ['loop', loopModel()],
    ['expand', expandModel()],
  ] as const) {
    const folder = path.join(home, `folder-${name}`);
    await mkdir(folder, { recursive: true });
    await writeFile(path.join(folder, 'model.onnx'), bytes);
    await writeFile(path.join(folder, 'model.json'), JSON.stringify({ name, contract: { features: [] } }));
    expect(await run('register', folder)).toBe(0);
    expect(await run('approve', name, '1', '--reason', 'test')).toBe(0);
    expect(await run('release', name, '1', '--reason', 'test')).toBe(0);
  }
  const env = { TRIMTAB_SERVE_RUN_TIMEOUT: '5', TRIMTAB_SERVE_WORKER_MEGABYTES: '400' };
  const runtime = await startLocalRuntime({ home, port: 0, env });
  const ask = async (model: string, count: number) => {
    const body = JSON.stringify({ instances: [count] });
    const answer = await fetch(`${runtime.url}/v1/models/${model}:predict`, { method: 'POST', body });
    return { status: answer.status, error: ((await answer.json()) as { error?: string }).error };
  };
  try {
    const forever = ask('loop', HOURS);
    expect((await ask('expand', 10)).status).toBe(200);
    expect(await ask('expand', 1_000_000_000)).toEqual({
      status: 500,
      error: 'the run took more than the 400 MB that it may have, and was ended',
    });
    expect(await forever).toEqual({
      status: 504,
      error: 'the model has not answered within 5 s, its run was ended',
    });
    const { status, error } = await ask('loop', 1);
    expect({ status, error }).toMatchObject({
      status: 503,
      error: expect.stringMatching(/pauses: .* try again in 1 s/),
    });
    expect(await runtime.probe.report('loop')).toMatchObject({ paused: [{ version: 1, failures: 1 }] });
    await run('status', 'loop');
    expect(out.join('\n')).toContain('PAUSES: a run of it has not ended in time');
    await run('doctor');
    expect(out.join('\n').replace(/\s+/g, ' ')).toContain('which pauses: a run of it has not ended in time');
  } finally {
    await runtime.close();
  }
});
