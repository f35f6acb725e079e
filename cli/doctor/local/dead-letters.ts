import * as z from 'zod';
import type { Home } from '../../../platform/ports.ts';
import { type DoctorCheck, ok, warn } from '../check.ts';
import type { HomeContext } from '../context.ts';

/** Events that could not be processed, as the local runtime keeps them. */
export const deadLetters: DoctorCheck<HomeContext> = {
  name: 'dead letters',
  async look({ home }) {
    const keys: string[] = [];
    for await (const { key } of home.data.list('dead-letter/')) keys.push(key);
    if (keys.length === 0) return [ok('dead letters', 'none')];
    return [
      warn('dead letters', `${keys.length}, such as ${keys[0]}${await reasonIn(home, keys[0]!)}`, {
        expected: 'none',
        remedy:
          'mend what the reason says and let the event come again: drop the file again, or `trimtab validate --redo incoming/DATASET/FILE`; runbook: dead-letters.md',
      }),
    ];
  },
};

/** Characters of a reason that are shown. */
const MAX_REASON = 200;
const Letter = z.object({ reason: z.string() });

/** Why it could not be processed, as far as the letter says so. */
async function reasonIn({ data }: Home, key: string): Promise<string> {
  try {
    const { reason } = Letter.parse(JSON.parse(new TextDecoder().decode(await data.get(key))));
    return `: ${reason.slice(0, MAX_REASON)}`;
  } catch {
    return '';
  }
}
