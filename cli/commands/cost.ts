import { existsSync } from 'node:fs';
import type { Command as Program } from 'commander';
import { readEnvironments } from '../../infra/environments.ts';
import { type GlobalOptions, type Io, print } from '../context.ts';
import type { CostView, Group, Line, Volume } from '../cost/cost-view.ts';
import { costedDeployment } from '../cost/deployment.ts';
import { estimate } from '../cost/estimate.ts';
import { PRICE_LISTS, priceList } from '../cost/prices.ts';
import { UsageError } from '../errors.ts';
import { assertFileExists } from '../files.ts';
import { table } from '../output/table.ts';

interface CostOptions {
  readonly config: string;
  readonly environment?: string;
  readonly region?: string;
  readonly predictions: string;
  readonly gb: string;
  readonly models?: string;
  readonly rowsPerRequest: string;
  readonly latencyMs: string;
}

/** What the deployed configuration costs in a month, on paper. */
export function addCost(program: Program, io: Io, options: () => GlobalOptions): void {
  program
    .command('cost')
    .description('what the deployed configuration costs in a month: list prices, every line of the arithmetic')
    .option('--config <file>', 'configuration of the deployment', 'trimtab.config.json')
    .option('--environment <name>', 'which of its environments (default: the first)')
    .option('--region <name>', 'region of the prices (default: that of the configuration)')
    .option('--predictions <n>', 'rows predicted in a month', '1000000')
    .option('--gb <n>', 'gigabytes of data files validated in a month', '1')
    .option('--models <n>', 'number of models (default: those of the configuration)')
    .option('--rows-per-request <n>', 'rows of a request', '1')
    .option('--latency-ms <n>', 'billed duration of a request', '5')
    .action((own: CostOptions) => {
      if (existsSync(own.config)) assertFileExists(own.config);
      const [config] = readEnvironments(own.config, own.environment);
      const models = own.models === undefined ? undefined : amount('models', own.models, 0, true);
      const volume: Volume = {
        predictions: amount('predictions', own.predictions, 0),
        gigabytes: amount('gb', own.gb, 0),
        rowsPerRequest: amount('rows-per-request', own.rowsPerRequest, 1),
        latencyMs: amount('latency-ms', own.latencyMs, 1),
      };
      const region = own.region === undefined ? config!.region : listed(own.region);
      if (models !== undefined && models > 0 && config!.models.length === 0)
        throw new UsageError(
          `--models are taken to be like those of the configuration, and ${own.config} names none for ${config!.environment}: its member models lists their folders`,
        );
      const deployment = costedDeployment({ ...config!, region }, models);
      const list = priceList(region);
      print(io, options(), estimate(deployment, volume, list), formatCost);
    });
}

/** A region that there is a list of. @throws UsageError */
function listed(region: string): string {
  if (PRICE_LISTS.some((list) => list.region === region)) return region;
  throw new UsageError(`--region is one that there are prices of: ${regions()}, received '${region}'`);
}

const regions = (): string => PRICE_LISTS.map(({ region }) => region).join(', ');

/** @throws UsageError */
function amount(name: string, text: string, least: number, whole = false): number {
  const n = Number(text);
  if (text.trim() !== '' && Number.isFinite(n) && n >= least && (!whole || Number.isInteger(n))) return n;
  throw new UsageError(`--${name} is a ${whole ? 'whole ' : ''}number from ${least}, received '${text}'`);
}

function formatCost({ region, asOf, sources, deployment, groups, total }: CostView): string {
  const wanted = deployment.region;
  const elsewhere =
    wanted === null || wanted === region
      ? []
      : [`There is no list for ${wanted} (there are: ${regions()}): these are not its prices.`];
  return [
    `List prices of ${region} as of ${asOf}, first tier, in USD, without free tiers, discounts and taxes: check before`,
    'you rely on them. Cold starts, canaries, shadows, the join of ground truth and requests of the key are not counted.',
    `From ${sources[0]} and the pages of the other services; --json lists them.`,
    ...elsewhere,
    ...(deployment.uncounted.length === 0
      ? []
      : [`Not counted of what is configured: ${deployment.uncounted.join('; ')}.`]),
    '',
    table(['a month', 'USD'], [...groups.map((g) => [g.title, usd(g.total)]), ['together', usd(total)]]),
    ...groups.flatMap((g) => ['', arithmetic(g)]),
  ].join('\n');
}

function arithmetic({ title, lines, total }: Group): string {
  const rows = lines.map((l) => [l.what, quantity(l.quantity), price(l), usd(l.amount), l.because]);
  return [
    title,
    table(['what', 'quantity', '× price', '= USD', 'because'], [...rows, ['together', '', '', usd(total), '']]),
  ].join('\n');
}

const quantity = (n: number): string => n.toLocaleString('en-US', { maximumSignificantDigits: 6 });
const price = ({ price: { usd: amount, per, unit } }: Line): string =>
  `${plain(amount)} / ${per === 1 ? '' : `${per.toLocaleString('en-US')} `}${unit}`;
/** A number without an exponent. */
const plain = (n: number): string => n.toLocaleString('en-US', { maximumFractionDigits: 10 });
const usd = (n: number): string => (n > 0 && n < 0.0001 ? '<0.0001' : n.toFixed(n > 0 && n < 0.1 ? 4 : 2));
