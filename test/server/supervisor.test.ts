import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { execArgvOf } from '../../server/supervisor.ts';

describe('execArgvOf', () => {
  it('gives processes a young generation that Node takes, after what this one was started with', () => {
    const args = execArgvOf(['--no-warnings'], {});
    expect(args[0]).toBe('--no-warnings');
    const script = "process.stdout.write(String(require('node:v8').getHeapStatistics().heap_size_limit))";
    const limit = (more: readonly string[]) =>
      Number(spawnSync(process.execPath, [...more, '-e', script], { encoding: 'utf8' }).stdout);
    // V8 counts the young generation towards the limit of the heap.
    expect(limit(args)).toBeGreaterThan(limit(['--no-warnings']));
  });

  it('leaves alone what somebody has chosen', () => {
    expect(execArgvOf(['--max-semi-space-size=8'], {})).toEqual(['--max-semi-space-size=8']);
    expect(execArgvOf([], { NODE_OPTIONS: '--max-semi-space-size=8' })).toEqual([]);
  });
});
