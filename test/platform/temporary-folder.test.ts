import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readlinkSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { isProcessGone, processToken } from '../../platform/process-token.ts';
import { makeTemporaryFolder, sweepTemporaryFolders } from '../../platform/temporary-folder.ts';

const left = (token: string, name = `trimtab-duck-${token}-abcDEF`): string => {
  const folder = path.join(os.tmpdir(), name);
  mkdirSync(folder);
  writeFileSync(path.join(folder, 'rows.jsonl'), '{"name":"Anna"}');
  return folder;
};
const own = processToken();
const dead = spawnSync('true').pid;

/** Token of a process of this machine, with its host name, in a PID namespace of its own; undefined where none may be made. */
function tokenOfContainer(): string | undefined {
  const module = new URL('../../platform/process-token.ts', import.meta.url).href;
  const program = `import { processToken } from ${JSON.stringify(module)}; process.stdout.write(processToken());`;
  const node = [process.execPath, '--import', 'tsx', '--input-type=module', '-e', program];
  const { status, stdout } = spawnSync('unshare', ['-rmpf', '--mount-proc', ...node], { encoding: 'utf8' });
  return status === 0 ? stdout : undefined;
}

describe('sweeping temporary folders', () => {
  it('removes those of processes that are no more', async () => {
    const gone = left(own.replace(/^\d+/, String(dead)));
    // The number is in use again.
    const another = left(own.replace(/[0-9a-z]+$/, '1'));
    await sweepTemporaryFolders();
    expect([gone, another].map(existsSync)).toEqual([false, false]);
  });

  it('removes those of an earlier boot of the machine at once; in a container none is known to be of one', async () => {
    const whole = readlinkSync('/proc/self/ns/pid') === 'pid:[4026531836]' && existsSync('/etc/machine-id');
    // A process of this number may well be running.
    const earlier = own.replace(/^\d+-([0-9a-f]{8})[0-9a-f]{8}/, `${process.pid}-$100000000`);
    const folder = left(earlier);
    await sweepTemporaryFolders();
    expect([isProcessGone(earlier), existsSync(folder)]).toEqual(whole ? [true, false] : [undefined, true]);
  });

  it('leaves those of processes that are at work, of other machines, and what is no folder of ours', async () => {
    const working = await makeTemporaryFolder('duck');
    const kept = [
      working,
      left(`${dead}-00000000-1`, `trimtab-duck-${dead}-00000000-1-abcDEF`),
      left('', 'trimtab-validate-0123456789ab'),
      left('', 'somebody-else'),
    ];
    await sweepTemporaryFolders();
    expect(kept.filter((folder) => !existsSync(folder))).toEqual([]);
    expect(statSync(working).mode & 0o777).toBe(0o700);
  });

  it('leaves those of another container, though it has the same host name and its numbers are nobody’s here', async ({
    skip,
  }) => {
    const token = tokenOfContainer();
    if (token === undefined) return skip('no PID namespace may be made here');
    const folder = left(token);
    await sweepTemporaryFolders();
    expect([isProcessGone(token), existsSync(folder)]).toEqual([undefined, true]);
  });

  it('removes one of another machine, and results, in which nothing has changed for a week', async () => {
    const folder = left(`${dead}-00000001-1`, `trimtab-duck-${dead}-00000001-1-abcDEF`);
    const results = left('', 'trimtab-validate-ba9876543210');
    const then = new Date(Date.now() - 8 * 86_400_000);
    for (const old of [folder, results])
      for (const each of [path.join(old, 'rows.jsonl'), old]) utimesSync(each, then, then);
    await sweepTemporaryFolders();
    expect([folder, results].map(existsSync)).toEqual([false, false]);
  });
});
