import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { execArgvOf } from '../../../server/processes/supervisor.ts';

const GROWTH = '--heap-growing-percent=200';

describe('execArgvOf', () => {
  it('has processes without a core to spare collect by themselves, in a way that Node takes', () => {
    const args = execArgvOf(['--no-warnings'], 2, 2);
    expect(args).toEqual(['--no-warnings', GROWTH, '--single-threaded-gc']);
    expect(spawnSync(process.execPath, [...args, '-e', '0'], { encoding: 'utf8' })).toMatchObject({
      status: 0,
      stderr: '',
    });
  });

  it('leaves those that have one their helpers', () => {
    expect(execArgvOf(['--no-warnings'], 1, 2)).toEqual(['--no-warnings', GROWTH]);
  });

  it('leaves alone what somebody has chosen', () => {
    for (const flag of ['--no-single-threaded-gc', '--single-threaded', '--single_threaded_gc'])
      expect(execArgvOf([flag], 4, 1)).toEqual([flag, GROWTH]);
    expect(execArgvOf(['--heap_growing_percent=50'], 1, 2)).toEqual(['--heap_growing_percent=50']);
  });
});
