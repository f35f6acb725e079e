import path from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { main } from '../../../cli/main.ts';
import { startLocalRuntime } from '../../../local-runtime/local-runtime.ts';
import { temporaryFolder } from '../../temporary-folder.ts';

describe('trimtab up', () => {
  it('says what it serves without what the name of the folder would do to a terminal', async () => {
    const home = path.join(temporaryFolder('up'), 'a\u001b[2J\nserving nothing');
    const out: string[] = [];
    const before = process.listeners('SIGINT');
    const io = { out: (text: string) => out.push(text), err: () => undefined, env: {} };
    const running = main(['--home', home, 'up', '--port', '0'], io);
    await vi.waitFor(() => expect(process.listeners('SIGINT').length).toBeGreaterThan(before.length), 30_000);
    for (const stop of process.listeners('SIGINT').filter((each) => !before.includes(each))) stop('SIGINT');
    expect(await running).toBe(0);
    expect(out[0]).toMatch(/^serving .*a\\u001b\[2J\\nserving nothing at http:.* until stopped/);
    // No line of it is broken by the name.
    expect(out.join('').match(/[\p{Cc}]/u)).toBeNull();
  }, 60_000);

  it('takes the settings of serve by their flags, but those that are of several processes or other addresses', async () => {
    const err: string[] = [];
    const io = { out: () => undefined, err: (text: string) => err.push(text), env: {} };
    const up = (...flags: string[]) => main(['--home', temporaryFolder('up'), 'up', ...flags], io);
    expect(await up('--trusted-proxies', 'nobody')).toBe(2);
    expect(err.join()).toContain("--trusted-proxies is 'nobody': 'nobody' is no address or network");
    for (const flag of ['--processes', '--host', '--insecure', '--tokens']) {
      expect(await up(flag, '1')).toBe(2);
      expect(err.join()).toContain(`unknown option '${flag}'`);
    }
  });

  it('does not serve a home that is served already', async () => {
    const home = temporaryFolder('up');
    const err: string[] = [];
    const io = { out: () => undefined, err: (text: string) => err.push(text), env: {} };
    const runtime = await startLocalRuntime({ home, port: 0 });
    try {
      expect(await main(['--home', home, 'up', '--port', '0'], io)).toBe(2);
      expect(err.join()).toContain(`is served already, by process ${process.pid} at ${runtime.url}`);
    } finally {
      await runtime.close();
    }
  }, 30_000);
});
