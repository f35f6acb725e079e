import { chmodSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { main } from '../../../cli/main.ts';
import { DropLog } from '../../../local-runtime/drop-log.ts';
import { openLocalHome } from '../../../platform/local/home.ts';
import { temporaryFolder } from '../../temporary-folder.ts';

const MODEL = 'models/flight-delay';
const before = process.umask();
afterEach(() => {
  process.umask(before);
  vi.restoreAllMocks();
});

/** A home that everything has been written to that a home holds. */
async function used(folder: string): Promise<string> {
  const io = { out: () => {}, err: () => {}, env: {} };
  for (const argv of [
    ['register', `${MODEL}/v1`],
    ['approve', 'flight-delay', '1'],
    ['release', 'flight-delay', '1'],
  ])
    expect(await main(['--home', folder, ...argv], io)).toBe(0);
  const home = await openLocalHome(folder);
  // A file of the user's that anybody may read: what is made of it is not.
  const open = path.join(temporaryFolder('open'), 'open.csv');
  writeFileSync(open, 'a');
  chmodSync(open, 0o666);
  await home.data.upload('incoming/flights/a.csv', open);
  await home.captures.put(
    'captures/dt=2026-01-01/hour=00/a.jsonl',
    ['{', '}'].map((text) => Buffer.from(text)),
  );
  const { etag } = (await home.data.head('incoming/flights/a.csv'))!;
  await home.data.put('incoming/flights/a.csv', 'b', { ifMatch: etag });
  home.metrics.write('{}');
  await home.privacy();
  await (await DropLog.open(path.join(folder, 'drops.jsonl'))).add({ key: 'a', etag: 'b' });
  await home.close();
  return folder;
}

/** Modes of everything in a folder, itself included, with one path for each. */
function modesIn(folder: string): Record<string, string> {
  const found: Record<string, string> = {};
  for (const name of ['.', ...readdirSync(folder, { recursive: true, encoding: 'utf8' })]) {
    const info = statSync(path.join(folder, name));
    found[`${info.isDirectory() ? 'folder' : 'file'} ${(info.mode & 0o7777).toString(8)}`] ??= name;
  }
  return found;
}

describe('a home', () => {
  it('is its user’s alone, whatever the umask', async () => {
    process.umask(0);
    const folder = await used(path.join(temporaryFolder('private'), 'home'));
    expect(Object.keys(modesIn(folder)).sort()).toEqual(['file 600', 'folder 700']);
  });

  it('that is shared with a group is the group’s as well, whatever the umask, and nobody else’s', async () => {
    process.umask(0o077);
    const folder = temporaryFolder('shared');
    chmodSync(folder, 0o2775);
    const warned = vi.spyOn(process, 'emitWarning').mockReturnValue();
    await used(folder);
    expect(Object.keys(modesIn(folder)).sort()).toEqual(['file 660', 'folder 2770']);
    expect(warned.mock.calls.flat().join()).toContain('others could read');
  });

  it('that others could read is closed to them when it is opened, and that is said', async () => {
    const folder = await used(path.join(temporaryFolder('wide'), 'home'));
    for (const name of ['.', 'ledger', 'data']) chmodSync(path.join(folder, name), 0o755);
    const warned = vi.spyOn(process, 'emitWarning').mockReturnValue();
    await (await openLocalHome(folder)).close();
    expect(warned).toHaveBeenCalledOnce();
    expect(Object.keys(modesIn(folder)).sort()).toEqual(['file 600', 'folder 700']);
  });

  it('leaves a folder as it is in which there is something else', async () => {
    const folder = await used(path.join(temporaryFolder('project'), 'home'));
    mkdirSync(path.join(folder, 'src'), { mode: 0o755 });
    for (const name of ['.', 'ledger']) chmodSync(path.join(folder, name), 0o755);
    vi.spyOn(process, 'emitWarning').mockReturnValue();
    await (await openLocalHome(folder)).close();
    expect([folder, path.join(folder, 'ledger')].map((each) => statSync(each).mode & 0o777)).toEqual([0o755, 0o700]);
  });
});
