import { spawn } from 'node:child_process';
import { readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { openLocalHome } from '../../../platform/local/home.ts';
import { temporaryFolder } from '../../temporary-folder.ts';

const KILLS = 8;

/**
 * A process that writes entries and objects as fast as it can, and says of each that it is written. Every object's
 * content is its own name, over and over.
 */
const WRITER = `
import { openLocalHome } from '${path.resolve('platform/local/home.ts')}';
import { decide } from '${path.resolve('core/registry/decide.ts')}';
import { EMPTY_STATE } from '${path.resolve('core/registry/ledger.ts')}';
import { versionRecord } from '${path.resolve('test/platform/contract/record.ts')}';
const home = await openLocalHome(process.argv[2]);
const context = { model: 'm', at: '2026-01-01T00:00:00.000Z', actor: 'writer' };
let state = (await home.ledger.latest('m'))?.state ?? EMPTY_STATE;
for (let i = 0; ; i++) {
  const register = state.latest < 3;
  const command = register ? { type: 'register', version: state.latest + 1, reason: 'r' } : { type: 'hold', because: 'unclear', reason: 'r' };
  const entry = decide(state, command, context);
  await home.ledger.append(entry, register ? versionRecord('m', state.latest + 1) : undefined);
  state = entry.state;
  const key = 'objects/' + process.pid + '-' + i;
  await home.data.put(key, (key + ' ').repeat(5000));
  process.stdout.write(entry.number + ' ' + key + '\\n');
}
`;

describe('a process killed at any point', () => {
  let folder: string;
  beforeEach(() => {
    folder = temporaryFolder('crash');
  });

  it('loses nothing that was acknowledged and leaves nothing half-written', async () => {
    const script = path.join(folder, 'writer.mts');
    const home = path.join(folder, 'home');
    writeFileSync(script, WRITER);
    const acknowledged: { entry: number; key: string }[] = [];
    for (let kill = 0; kill < KILLS; kill++) {
      const child = spawn(process.execPath, ['--import', 'tsx', script, home], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      let output = '';
      await new Promise<void>((resolve) => {
        child.stdout.on('data', (chunk: Buffer) => {
          // Killed some way into its writing: at another point each time.
          if (output === '') setTimeout(() => child.kill('SIGKILL'), 3 + 17 * kill);
          output += chunk.toString();
        });
        child.on('close', () => resolve());
      });
      for (const line of output.split('\n').slice(0, -1)) {
        const [entry, key] = line.split(' ');
        acknowledged.push({ entry: Number(entry), key: key! });
      }
    }
    expect(acknowledged.length).toBeGreaterThan(KILLS);

    const after = await openLocalHome(home);
    const entries = [];
    for await (const entry of after.ledger.entries('m')) entries.push(entry);
    // Every entry is whole (it was parsed), numbers have no gap, and none that was acknowledged is gone.
    expect(entries.map(({ number }) => number)).toEqual(entries.map((_, i) => i + 1));
    expect(entries.length).toBeGreaterThanOrEqual(Math.max(...acknowledged.map(({ entry }) => entry)));
    const versions = [];
    for await (const version of after.ledger.versions('m')) versions.push(version.version);
    expect(versions).toEqual([1, 2, 3]);
    for (const { key } of acknowledged) expect(await after.data.head(key)).toBeDefined();
    for await (const { key } of after.data.list('objects/')) {
      const text = new TextDecoder().decode(await after.data.get(key));
      expect(text === `${key} `.repeat(5000), `${key} is whole`).toBe(true);
    }
    // What a killed process left unfinished is under a name that nothing reads.
    const strange = readdirSync(path.join(home, 'data/objects')).filter((name) => !/^\d+-\d+$/.test(name));
    expect(strange.every((name) => name.startsWith('.unfinished-'))).toBe(true);
  }, 60_000);
});
