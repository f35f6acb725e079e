import { beforeEach, describe, expect, it } from 'vitest';
import type { Command } from '../../../core/registry/commands.ts';
import { decide } from '../../../core/registry/decide.ts';
import { type LocalHome, openLocalHome } from '../../../platform/local/home.ts';
import type { ProbeReport } from '../../../platform/ports.ts';
import { Registry } from '../../../usecases/registry/registry.ts';
import { verifyOnce } from '../../../usecases/release/verify-rollback.ts';
import { firstEntries, versionRecord } from '../../platform/contract/home.ts';
import { temporaryFolder } from '../../temporary-folder.ts';

describe('A rollback', () => {
  let home: LocalHome;
  let registry: Registry;

  beforeEach(async () => {
    home = await openLocalHome(temporaryFolder('verify-rollback'));
    registry = new Registry(home, 'test');
    const [one] = firstEntries('m');
    await home.ledger.append(one, versionRecord('m', 1));
    const second = decide(
      one.state,
      { type: 'register', version: 2, reason: 'r' },
      { model: 'm', at: one.at, actor: 'test' },
    );
    await home.ledger.append(second, versionRecord('m', 2));
    for (const version of [1, 2]) {
      await apply({ type: 'approve', version, reason: 'r' });
      await apply({ type: 'release', version, reason: 'r' });
    }
    await apply({ type: 'roll-back', quarantine: true, reason: 'r' });
  });

  const apply = (command: Command) => registry.apply('m', command);
  /** An endpoint of processes that answer in turn; `undefined` is one that does not. */
  const endpoint = (...processes: (Partial<ProbeReport> | undefined)[]) => {
    let asked = 0;
    return {
      get asked() {
        return asked;
      },
      report: async (): Promise<ProbeReport> => {
        const one = processes[asked++ % processes.length];
        if (one === undefined) throw new Error('throttled');
        const { revision } = await registry.state('m');
        return { revision, champion: 1, challengers: [], ...one };
      },
    };
  };
  const verify = (probe: ReturnType<typeof endpoint>) => verifyOnce(home, probe, 'm');

  it('is seen at the environments that answer ten probes, and says which', async () => {
    const probe = endpoint({ instance: 'a' }, { instance: 'b' }, { instance: 'c' });
    const entry = await verify(probe);
    expect(entry).toMatchObject({
      kind: 'rollback-verified',
      evidence: {
        probes: 10,
        answered: 10,
        environments: [
          { instance: 'a', answers: 4, champion: 1 },
          { instance: 'b', answers: 3 },
          { instance: 'c', answers: 3 },
        ],
      },
    });
    expect(entry).toMatchObject({
      reason: expect.stringMatching(
        /^3 execution environments answered 10 probes \(a, b, c\), each serves version 1 alone, \d+\.\d s after the rollback$/,
      ),
    });
    expect(probe.asked).toBe(10);
  });

  it('names the one there is, and counts the probes that nobody answered', async () => {
    expect(await verify(endpoint({ instance: 'host:7' }, undefined))).toMatchObject({
      reason: expect.stringMatching(
        /^1 execution environment answered 5 of 10 probes \(host:7\), each serves version 1 alone/,
      ),
    });
  });

  it('names no more than three of many', async () => {
    const many = Array.from({ length: 10 }, (_, i) => ({ instance: `e${i}` }));
    expect(await verify(endpoint(...many))).toMatchObject({
      reason: expect.stringContaining('10 execution environments answered 10 probes (e0, e1, e2 and 7 more)'),
      evidence: { environments: many.map(({ instance }) => ({ instance })) },
    });
  });

  it('is not seen while one of those that answer serves what was taken back', async () => {
    const stray = { instance: 'd', champion: 2, revision: 6 };
    expect(await verify(endpoint({ instance: 'a' }, { instance: 'b' }, stray))).toBe('not yet');
    expect((await registry.state('m')).awaiting).toMatchObject({ target: 1 });
  });

  it('asks once, and not ten times, while the first that answers has not followed, or none does', async () => {
    for (const first of [{ instance: 'a', champion: 2 }, undefined]) {
      const probe = endpoint(first);
      expect(await verify(probe)).toBe('not yet');
      expect(probe.asked).toBe(1);
    }
  });

  it('is seen at endpoints that do not tell who they are', async () => {
    expect(await verify(endpoint({}))).toMatchObject({
      reason: expect.stringContaining('1 execution environment answered 10 probes (unnamed)'),
    });
  });
});
