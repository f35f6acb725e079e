import { type LocalHome, openLocalHome } from '../../../platform/local/home.ts';
import type { DropReport } from '../../../usecases/validation/report.ts';
import { validateDrop } from '../../../usecases/validation/validate-drop.ts';
import { temporaryFolder } from '../../temporary-folder.ts';

/** A contract under which lines 3, 5 and 6 of {@link FILE} are bad. */
export const CONTRACT = {
  features: [
    { name: 'a', type: 'integer', min: 0, max: 10 },
    { name: 'b', type: 'string', allowed: ['x', 'y', 'two\nlines'] },
  ],
  data: { id: 'id' },
  file: { maxQuarantinedShare: 1 },
};

/** Line 3 breaks two rules, line 5 one; line 6 is no integer. */
export const FILE = 'id,a,b\nr1,1,x\nr2,99,z\nr3,3,y\nr4,-4,"x"\nr5,five,x\nr6,6,y\n';

export const KEY = 'incoming/other/x.csv';

export async function homeWith(
  contract: object = CONTRACT,
  file: string = FILE,
  key: string = KEY,
): Promise<LocalHome> {
  const home = await openLocalHome(temporaryFolder('rows'));
  await putContract(home, contract);
  await home.data.put(key, file);
  return home;
}

export const putContract = (home: LocalHome, contract: object): Promise<boolean> =>
  home.data.put('contracts/other.json', JSON.stringify({ contract }));

export const judged = (home: LocalHome, key: string = KEY): Promise<DropReport> => validateDrop(home, { key });

export const json = async (home: LocalHome, key: string): Promise<Record<string, unknown>> =>
  JSON.parse(new TextDecoder().decode(await home.data.get(key))) as Record<string, unknown>;

export async function keysUnder(home: LocalHome, prefix: string): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of home.data.list(prefix)) keys.push(key);
  return keys;
}
