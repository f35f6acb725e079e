import { execFile, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { startLocalRuntime } from '../../local-runtime/local-runtime.ts';
import { readSignature } from '../../platform/onnx/model.ts';
import { venv } from '../../scripts/lib/python-venv.mjs';
import { joinGroundTruth } from '../../usecases/ground-truth/join-ground-truth.ts';
import { Registry } from '../../usecases/registry/registry.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const MODEL = 'models/flight-delay/v1';

/** The Python that has requests; where it has to be there, it is installed. */
function pythonWithRequests(): string | undefined {
  if (spawnSync('python3', ['-c', 'import requests']).status === 0) return 'python3';
  if (process.env.TRIMTAB_REQUIRE_PYTHON === '1')
    return path.join(venv('python-snippet', ['requests==2.34.2']), 'python');
  process.stderr.write('skipped: the Python of docs/getting-started.md, for python3 with requests is not here\n');
  return undefined;
}

const python = pythonWithRequests();

it.skipIf(python === undefined)(
  'the Python of the first page gets predictions and sends truths over a socket',
  async () => {
    const [, script] = /```python\n([\s\S]+?)```/.exec(readFileSync('docs/getting-started.md', 'utf8'))!;
    // The join is asked for below, and by nobody else.
    const every = { 'ground-truth': 3_600 };
    const runtime = await startLocalRuntime({ home: temporaryFolder('python snippet'), port: 0, every });
    try {
      const registry = new Registry(runtime.home, 'test');
      await registry.register(MODEL, await readSignature(path.join(MODEL, 'model.onnx')));
      await registry.apply('flight-delay', { type: 'approve', version: 1, reason: 'r' });
      await registry.apply('flight-delay', { type: 'release', version: 1, reason: 'r' });
      await expect
        .poll(async () => (await fetch(`${runtime.url}/v1/models/flight-delay`)).status, { timeout: 10_000 })
        .toBe(200);
      const { stdout } = await promisify(execFile)(python!, ['-c', script!], {
        env: { ...process.env, TRIMTAB_URL: runtime.url },
      });
      const lines = stdout.trim().split('\n');
      expect(lines).toHaveLength(3);
      for (const line of lines.slice(0, 2)) expect(line).toMatch(/^[01] \[0\.\d+, 0\.\d+\]$/);
      expect(lines[2]).toBe("{'accepted': 2, 'unreadable': 0, 'problems': []}");
      await runtime.flush();
      expect(await joinGroundTruth(runtime.home, new Date())).toMatchObject({ joined: 2, waiting: 0 });
    } finally {
      await runtime.close();
    }
  },
);
