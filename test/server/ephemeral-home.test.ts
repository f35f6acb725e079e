import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { openLocalHome } from '../../platform/local/home.ts';
import { homeOfModels } from '../../server/ephemeral-home.ts';
import { modelFolder } from '../fixtures/serving-fixture.ts';
import { temporaryFolder } from '../temporary-folder.ts';

/** A graph that looks its input up in a table of three: other rows it fails on. */
async function gather(name: string, rows: readonly number[]): Promise<string> {
  const contract = { features: [{ name: 'index', type: 'integer' }] };
  const folder = await modelFolder(temporaryFolder('ephemeral'), { name, contract }, 'broken-run');
  await writeFile(path.join(folder, 'example.jsonl'), rows.map((index) => `${JSON.stringify({ index })}\n`).join(''));
  return folder;
}

describe('models that are only named', () => {
  it('are rehearsed as those that are registered are, and what is found is said', async () => {
    const said: string[] = [];
    const models = await homeOfModels([await gather('some', [0, 7])], (line) => said.push(line));
    const home = await openLocalHome(models.folder);
    expect((await home.ledger.version('some', 1))?.rehearsal).toBeDefined();
    expect((await home.ledger.latest('some'))?.state.champion).toBe(1);
    expect(said.join('\n')).toContain('the graph fails on 1 of 2 rows');
    await home.close();
    await models.remove();
  });

  it('are refused where they answer nothing', async () => {
    await expect(homeOfModels([await gather('none', [7])], () => undefined)).rejects.toThrow(
      /^the graph fails on all 1 rows of .*example\.jsonl/,
    );
  });
});
