import type { Command as Program } from 'commander';
import { parseHomeName } from '../../platform/home-name.ts';
import type { Home } from '../../platform/ports.ts';
import type { RestoredModel, RestoreView } from '../../usecases/registry/restore-view.ts';
import { verifyLedger } from '../../usecases/registry/verify-ledger.ts';
import { verifyRestored } from '../../usecases/registry/verify-restored.ts';
import { type GlobalOptions, type Io, nameOfHome, print } from '../context.ts';
import { CheckFailedError, UsageError } from '../errors.ts';
import { table } from '../output/table.ts';

/** Items that are named one by one; the JSON has all. */
const MOST = 20;

/** Holds a table that was restored to a point in time against the ledger in use, and puts back what was overwritten. */
export function addRestore(program: Program, io: Io, options: () => GlobalOptions): void {
  program
    .command('restore <table>')
    .description(
      'verify a ledger table that was restored to a point in time, and hold the one in use against it; exit status 1 when they differ',
    )
    .option('--put-back', 'write what the table in use has otherwise, or lacks, as it was; nothing later is touched')
    .action(async (restored: string, { putBack = false }: { putBack?: boolean }) => {
      const name = parseHomeName(nameOfHome(io, options()));
      if (name.kind !== 'aws')
        throw new UsageError(
          'a table is restored on AWS: name its home, as --home aws:prod; a folder is mirrored back',
        );
      // Loaded only here: a laptop without AWS never needs the clients.
      const { openRestoredLedger } = await import('../../platform/aws/restored-table.ts');
      const ledger = await openRestoredLedger(name, restored);
      try {
        const past = { ledger: ledger.restored.ledger, artifacts: ledger.live.artifacts };
        const verified = [];
        for (const model of await past.ledger.models()) verified.push(await verifyRestored(past, model));
        const bad = verified.filter(({ faults }) => faults.length > 0).map(({ model }) => model);
        const items = await ledger.differing();
        if (putBack && bad.length > 0)
          throw new CheckFailedError(
            `the restored ledger of ${bad.join(', ')} is not as it was written either, or is another home’s: without --put-back each fault is named; restore to an earlier time; nothing was put back`,
          );
        if (putBack) await ledger.putBack(items);
        const models: RestoredModel[] = [];
        for (const each of verified) models.push({ ...each, live: await faultsInUse(ledger.live, each.model) });
        const view: RestoreView = {
          ...ledger.table,
          models,
          items: items.map(({ name: key, found }) => ({ name: key, found })),
          putBack: putBack ? items.length : 0,
        };
        print(io, options(), view, formatRestore);
        const wrong = models.filter(({ live, faults }) => live.length + faults.length > 0).map(({ model }) => model);
        if (wrong.length > 0) throw new CheckFailedError(`not as it was written: the ledger of ${wrong.join(', ')}`);
        if (items.length > view.putBack)
          throw new CheckFailedError(`${items.length} items differ: --put-back writes them as they were`);
      } finally {
        await ledger.close();
      }
    });
}

/** Of a model that is missing altogether, its items say so. */
const faultsInUse = async (live: Home, model: string): Promise<RestoredModel['faults']> =>
  (await live.ledger.latest(model)) === undefined ? [] : (await verifyLedger(live, model)).faults;

function formatRestore({ live, restored, models, items, putBack }: RestoreView): string {
  const state = (faults: RestoredModel['faults']): string =>
    faults.length === 0 ? 'as written' : `${faults.length} faults, entry ${faults[0]!.entry}: ${faults[0]!.fault}`;
  return [
    `in use    ${live}`,
    `restored  ${restored}`,
    table(
      ['model', 'entries', 'came later', 'restored', 'in use'],
      models.map((each) => [each.model, each.entries, each.later, state(each.faults), state(each.live)]),
    ),
    ...items
      .slice(0, MOST)
      .map(({ name, found }) => `${name}: ${found === 'none' ? 'is missing in use' : 'is another in use'}`),
    ...(items.length > MOST ? [`and ${items.length - MOST} more, which --json has`] : []),
    ...(putBack > 0 ? [`${putBack} items were put back as they were`] : []),
    ...(items.length === 0 ? ['everything that was restored is in use as it was'] : []),
  ].join('\n');
}
