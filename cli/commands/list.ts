import type { Command as Program } from 'commander';
import { listModels } from '../../usecases/audit/list-models.ts';
import type { ListedModel, ListView } from '../../usecases/audit/list-view.ts';
import { type GlobalOptions, type Io, print, withHome } from '../context.ts';
import { formatQualitySummary } from '../output/quality-summary.ts';
import { table } from '../output/table.ts';

/** Lists the models of a home. */
export function addList(program: Program, io: Io, options: () => GlobalOptions): void {
  program
    .command('list')
    .description('the models of the home: which version serves, since when, and how good it is')
    .action(() =>
      withHome(io, options(), async (home) => {
        print(io, options(), await listModels(home), formatList);
      }),
    );
}

function formatList({ home, models }: ListView): string {
  if (models.length === 0) return `no models in ${home} yet: trimtab register FOLDER`;
  return table(
    ['model', 'latest', 'champion', 'beside', 'since', 'quality (7 days)', 'truths'],
    models.map((each) => [
      each.model,
      each.latest,
      each.champion,
      besideIt(each),
      each.since?.slice(0, 10),
      each.unread === null ? formatQualitySummary(each.quality) : 'cannot be read',
      each.quality?.truths,
    ]),
    { shorten: [0, 3, 5] },
  );
}

const besideIt = ({ challengers, shadow }: ListedModel): string =>
  [...challengers.map(String), ...(shadow === null ? [] : [`${shadow} (shadow)`])].join(', ');
