import { expect, it } from 'vitest';
import { main } from '../../../cli/main.ts';
import { openLocalHome } from '../../../platform/local/home.ts';
import { temporaryFolder } from '../../temporary-folder.ts';

it('trimtab tables prints statements that may be split at semicolons, whatever columns are called', async () => {
  const folder = temporaryFolder('tables');
  const home = await openLocalHome(folder);
  await home.data.put('datasets/fares/dataset_version=000001/_manifest.json', '{}');
  const features = [
    { name: 'fare', type: 'float' },
    { name: 'a;b', type: 'string', personal: 'hash' },
  ];
  await home.data.put('contracts/fares.json', JSON.stringify({ contract: { features } }));
  await home.close();
  const out: string[] = [];
  await main(['--home', folder, 'tables'], { out: (text) => out.push(text), err: () => undefined, env: {} });
  const [view, ...more] = out.join('\n').split(';');
  expect(more).toEqual(['']);
  expect(view).toContain('-- without a,b, which is personal\nCREATE OR REPLACE VIEW "dataset_fares"');
});
