import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { main } from '../../cli/main.ts';
import { openAwsHome } from '../../platform/aws/home.ts';
import type { Home } from '../../platform/ports.ts';
import { validateDrop } from '../../usecases/validation/validate-drop.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { createResources } from './resources.ts';

const CONTRACT = {
  features: [
    { name: 'a', type: 'integer', max: 10 },
    { name: 'b', type: 'string' },
  ],
  file: { maxQuarantinedShare: 1 },
};

/** What the command prints as JSON, for whoever operates the home on AWS. */
async function trimtab(...argv: string[]): Promise<{ status: number; view: Record<string, unknown>; err: string }> {
  const [out, err]: [string[], string[]] = [[], []];
  const status = await main([...argv, '--home', 'aws', '--json'], {
    out: (text) => out.push(text),
    err: (text) => err.push(text),
    env: { TRIMTAB_ACTOR: 'user:ada' },
  });
  return { status, view: out.length === 0 ? {} : JSON.parse(out.join('')), err: err.join('\n') };
}

describe('quarantined rows on AWS', () => {
  let home: Home;
  beforeAll(async () => {
    const env = await createResources();
    for (const [name, value] of Object.entries(env))
      if (name.startsWith('TRIMTAB_') && value !== undefined) vi.stubEnv(name, value);
    home = await openAwsHome(env);
    await home.data.put('contracts/other.json', JSON.stringify({ contract: CONTRACT }));
  });
  afterAll(async () => {
    vi.unstubAllEnvs();
    await home.close();
  });

  const keys = async (prefix: string): Promise<string[]> => {
    const found: string[] = [];
    for await (const { key } of home.data.list(prefix)) found.push(key);
    return found;
  };

  it.each([
    ['csv', 'a,b\n1,x\n99,y\n2,z,more\n50,w\n', (text: string) => text.replace('99', '9').replace(',more', '')],
    [
      'jsonl',
      '{"a":1,"b":"x"}\n{"a":99,"b":"y"}\noops\n{"a":50,"b":"w"}\n',
      (text: string) => text.replace('99', '9').replace('oops', '{"a":2,"b":"z"}'),
    ],
  ])('are shown, mended, put back and accepted: %s', async (ending, content, mended) => {
    const key = `incoming/other/rows.${ending}`;
    await home.data.put(key, content);
    const { drop, version, rows } = await validateDrop(home, { key });
    expect(rows).toEqual({ records: 4, accepted: 1, quarantined: 3 });
    expect((await trimtab('rows', 'list', 'other', '--open')).view).toMatchObject({
      drops: expect.arrayContaining([expect.objectContaining({ drop, states: { open: 3, putBack: 0, accepted: 0 } })]),
    });
    expect((await trimtab('rows', 'show', key)).view).toMatchObject({ drop, matching: 3 });

    const out = path.join(temporaryFolder('aws-rows'), `mend.${ending}`);
    expect((await trimtab('rows', 'export', drop, '--out', out, '--reasons')).view).toMatchObject({ rows: 3 });
    writeFileSync(out, mended(readFileSync(out, 'utf8')));
    const redone = await trimtab('rows', 'redo', drop, '--file', out, '--reason', 'by the registry');
    expect(redone).toMatchObject({ status: 0, err: '', view: { rows: 2, version: version! + 1, open: 1 } });
    const released = await trimtab('rows', 'release', drop, '--all', '--reason', 'it was hot');
    expect(released).toMatchObject({ status: 0, err: '', view: { rows: 1, version: version! + 2, open: 0 } });
    const again = await trimtab('rows', 'redo', drop, '--file', out);
    expect(again).toMatchObject({ status: 1, err: expect.stringContaining('put back already, by user:ada') });

    for (const number of [version!, version! + 1, version! + 2])
      expect(await keys(`datasets/other/dataset_version=00000${number}/`)).toContain(
        `datasets/other/dataset_version=00000${number}/_manifest.json`,
      );
    expect((await keys('drops/other/')).filter((each) => each.endsWith('.verdict'))).toEqual([]);
  });
});
