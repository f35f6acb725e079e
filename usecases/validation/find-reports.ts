import { checkKey } from '../../platform/keys.ts';
import type { Home } from '../../platform/ports.ts';
import { readJson } from './dataset-version.ts';
import { fileOfDrop, isDropId } from './drop-id.ts';
import { DropReport } from './report.ts';

/** No drop is known by what somebody said; the message says what may be said. */
export class UnknownDropError extends Error {
  override readonly name = 'UnknownDropError';
  constructor(said: string, reason = 'nothing was judged under that id') {
    super(
      `no drop ${JSON.stringify(said.slice(0, 200))}: ${reason}; \`trimtab rows list\` names those that have rows to look at`,
    );
  }
}

/** Where the reports of a dataset are; of all of them, where none is named. */
const reportsPrefix = (dataset: string): string => `reports/validation/${dataset}/`;

/**
 * Every verdict on a file of a dataset, oldest first: by the id of any of them, or by its first part. Of a file that rows
 * were erased from since, too, under the ids that it has now.
 */
export async function reportsOfFile(home: Home, dataset: string, drop: string): Promise<DropReport[]> {
  return reportsUnder(home, dataset, fileOfDrop(drop));
}

async function reportsUnder(home: Home, dataset: string, id: string): Promise<DropReport[]> {
  const reports: DropReport[] = [];
  for await (const { key } of home.data.list(`${reportsPrefix(dataset)}${id}`))
    if (key.endsWith('/report.json')) reports.push(DropReport.parse(await readJson(home, key)));
  return reports.sort((a, b) => compare(a.at, b.at) || compare(a.drop, b.drop));
}

/**
 * The last verdict by a drop's id, which may leave out what it was judged by, or by the key of its file.
 *
 * @throws UnknownDropError
 */
export async function findReport(home: Home, said: string): Promise<DropReport> {
  if (said.startsWith('incoming/')) return findByKey(home, said);
  if (!isDropId(said))
    throw new UnknownDropError(said, 'an id has 20 digits, or 20 and 12; a key begins with incoming/');
  for await (const dataset of datasetsWithReports(home)) {
    const found = (await reportsUnder(home, dataset, said)).at(-1);
    if (found) return found;
  }
  throw new UnknownDropError(said);
}

async function findByKey(home: Home, key: string): Promise<DropReport> {
  checkKey(key);
  const dataset = key.split('/')[1]!;
  let found: DropReport | undefined;
  for await (const report of reportsOf(home, dataset))
    if (report.source.key === key && (found === undefined || report.at >= found.at)) found = report;
  if (found === undefined) throw new UnknownDropError(key, 'no file of that key was judged');
  return found;
}

/** Every verdict on files of a dataset, in no order that means anything. */
export async function* reportsOf(home: Home, dataset: string): AsyncIterable<DropReport> {
  for await (const { key } of home.data.list(reportsPrefix(dataset)))
    if (key.endsWith('/report.json')) {
      const report = DropReport.parse(await readJson(home, key));
      // A file that rows were erased from has its report under another id as well.
      if (key.split('/')[3] === report.drop) yield report;
    }
}

/** Names of the datasets of which something was judged. */
export async function* datasetsWithReports(home: Home): AsyncIterable<string> {
  const root = 'reports/validation/';
  for (let after: string | undefined; ; ) {
    let dataset: string | undefined;
    // One key of each dataset is enough: the next listing begins behind all of its others.
    for await (const { key } of home.data.list(root, after === undefined ? {} : { after })) {
      dataset = key.slice(root.length).split('/')[0]!;
      break;
    }
    if (dataset === undefined) return;
    yield dataset;
    // The character behind the slash: what sorts behind everything of the dataset.
    after = `${root}${dataset}0`;
  }
}

const compare = (a: string, b: string): number => Number(a > b) - Number(a < b);
