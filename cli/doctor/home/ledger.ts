import { type DoctorCheck, errorReason, fail, ok, warn } from '../check.ts';
import type { HomeContext } from '../context.ts';

/** Every entry can be read, has its number and its digest, and agrees with the releases that are kept beside it. */
export const ledger: DoctorCheck<HomeContext> = {
  name: 'ledger',
  async look({ models, registry }) {
    if (models.length === 0)
      return [
        warn('ledger', 'no model is registered', {
          expected: 'a model',
          remedy: '`trimtab register FOLDER`; or is this the wrong home?',
        }),
      ];
    return Promise.all(
      models.map(async (model) => {
        const name = `ledger of ${model}`;
        const advice = {
          expected: 'every entry as it was appended',
          remedy: `\`trimtab history ${model} --verify\`; restore what is wrong from a backup of the table (point in time) or the folder, and find out who wrote to it. Entries without a seal that you have held against an anchor kept elsewhere: \`trimtab history ${model} --vouch --reason WHY\``,
        };
        try {
          const { entries, faults, strays } = await registry.verify(model);
          if (faults.length === 0 && strays.length > 0)
            return warn(name, `beside its entries: ${strays.join('; ')}`, {
              expected: 'nothing else in its folder',
              remedy: `move it out of the ledger's folder; it counts for nothing`,
            });
          if (faults.length === 0) return ok(name, `${entries} entries, as they were appended`);
          const [first] = faults;
          const more = faults.length === 1 ? '' : `, and ${faults.length - 1} more`;
          return fail(name, `entry ${first!.entry}: ${first!.fault}${more}`, advice);
        } catch (error) {
          return fail(name, `cannot be read: ${errorReason(error)}`, advice);
        }
      }),
    );
  },
};
