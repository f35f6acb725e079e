import type { ChainReport } from '../../../core/registry/chain.ts';
import { numbersText, UNANCHORED_REMEDY } from '../../output/unanchored.ts';
import { type DoctorCheck, errorReason, fail, ok, warn } from '../check.ts';
import type { HomeContext } from '../context.ts';
import type { Finding } from '../doctor-view.ts';

/** Every entry can be read, has its number and its digest, and agrees with the releases that are kept beside it. */
export const ledger: DoctorCheck<HomeContext> = {
  name: 'ledger',
  async look({ home, models, registry }) {
    if (models.length === 0)
      return [
        warn('ledger', 'no model is registered', {
          expected: 'a model',
          remedy: '`trimtab register FOLDER`; or is this the wrong home?',
        }),
      ];
    const findings = await Promise.all(
      models.map(async (model): Promise<Finding[]> => {
        const name = `ledger of ${model}`;
        const advice = {
          expected: 'every entry as it was appended',
          remedy: `\`trimtab history ${model} --verify\`; restore what is wrong from a backup of the table (point in time) or the folder, and find out who wrote to it. Entries without a seal that you have held against an anchor kept elsewhere: \`trimtab history ${model} --vouch --reason WHY\``,
        };
        try {
          const report = await registry.verify(model);
          const { entries, faults, strays } = report;
          const unsealed = [
            ...(home.seals === undefined ? [] : unsealedIn(model, report)),
            ...unanchoredIn(model, report),
          ];
          if (faults.length === 0 && strays.length > 0)
            return [
              warn(name, `beside its entries: ${strays.join('; ')}`, {
                expected: 'nothing else in its folder',
                remedy: `move it out of the ledger's folder; it counts for nothing`,
              }),
              ...unsealed,
            ];
          if (faults.length === 0) return [ok(name, `${entries} entries, as they were appended`), ...unsealed];
          const [first] = faults;
          const more = faults.length === 1 ? '' : `, and ${faults.length - 1} more`;
          return [fail(name, `entry ${first!.entry}: ${first!.fault}${more}`, advice)];
        } catch (error) {
          return [fail(name, `cannot be read: ${errorReason(error)}`, advice)];
        }
      }),
    );
    return findings.flat();
  },
};

/** An entry without its anchor can be removed unseen where it is the last. */
const unanchoredIn = (model: string, { unanchored }: ChainReport): Finding[] =>
  unanchored.length === 0
    ? []
    : [
        warn(`anchors of ${model}`, `none is kept of ${numbersText(unanchored)}`, {
          expected: 'an anchor of every entry since there are any',
          remedy: UNANCHORED_REMEDY,
        }),
      ];

/** Whoever takes seals and key away leaves what looks like a ledger from before there were keys: it is always said. */
function unsealedIn(model: string, { entries, sealedFrom, vouched }: ChainReport): Finding[] {
  if (sealedFrom === 1) return [];
  const name = `seals of ${model}`;
  const found = sealedFrom === null ? `none of ${entries} entries has one` : `unsealed before entry ${sealedFrom}`;
  if (vouched !== null) return [ok(name, `${found}; ${vouched.by} vouched for those on ${vouched.at}`)];
  return [
    warn(name, found, {
      expected: 'a seal on every entry, unless they are older than the key of the home',
      remedy: `are they older? Whoever removes the key and all seals leaves the same: \`trimtab history ${model} --verify --anchor ANCHOR\` with one that was kept elsewhere`,
    }),
  ];
}
