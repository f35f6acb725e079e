import { cp, mkdir, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { DropReport } from '../../usecases/validation/report.ts';
import { type DemoContext, MODEL, number, until } from '../context.ts';
import type { Step } from '../narrator.ts';

export const dataStep: Step<DemoContext> = {
  title: 'Drop data files: good rows become a dataset version, bad rows go to quarantine',
  run: async (demo, { say, look, check }) => {
    const incoming = path.join(demo.runtime.home.folder, 'data', 'incoming', MODEL);
    await mkdir(incoming, { recursive: true });

    const source = demo.example('data', '2013-07.csv');
    await moved(path.join(incoming, '2013-07.csv'), (file) => cp(source, file));
    const [july] = await reports(demo, 1);
    check(july?.verdict === 'accepted', 'the real file of 1 to 10 July 2013 is accepted');
    if (!july) return;
    const { records, accepted, quarantined } = july.rows;
    say(`${number(records)} records in = ${number(accepted)} accepted + ${number(quarantined)} quarantined`);
    for (const { feature, rule, rows } of july.reasons) say(`  ${String(rows).padStart(4)} × ${feature}: ${rule}`);
    check(accepted + quarantined === records, 'every record is accounted for');
    check(quarantined > 0, 'bad rows are in quarantine, each with its line and its reasons');
    check(july.version !== null, `good rows are immutable dataset version ${july.version}, with their profile`);
    look(demo.place('data', july.places.report));
    if (july.places.quarantine) look(demo.place('data', july.places.quarantine, 'rows.jsonl'));

    // The same bytes under the same name, delivered once more.
    await moved(path.join(incoming, '2013-07.csv'), (file) => cp(source, file));
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    check((await reports(demo, 1)).length === 1, 'the same file dropped again is not processed again');

    await moved(path.join(incoming, 'export.csv'), (file) =>
      writeFile(file, 'flight;temp;wind\nUA1;71,2;8\nUA2;70,0;9\n'),
    );
    const all = await reports(demo, 2);
    const hopeless = all.find(({ source: { key } }) => key.endsWith('export.csv'));
    check(hopeless?.verdict === 'rejected', `a hopeless file is rejected whole: ${hopeless?.rejection?.reason}`);
    if (hopeless?.places.quarantine) look(demo.place('data', hopeless.places.quarantine, 'rejected.json'));
  },
};

/** Writes a file beside its place and moves it there: it is whole at once, and nobody has to wait whether it grows. */
async function moved(target: string, write: (file: string) => Promise<void>): Promise<void> {
  const beside = path.join(path.dirname(target), `.${path.basename(target)}`);
  await write(beside);
  await rename(beside, target);
}

/** Reports on this dataset, once there are at least so many. */
async function reports({ runtime }: DemoContext, atLeast: number): Promise<DropReport[]> {
  let found: DropReport[] = [];
  await until(async () => {
    found = [];
    for await (const { key } of runtime.home.data.list(`reports/validation/${MODEL}/`))
      if (key.endsWith('.json'))
        found.push(JSON.parse(new TextDecoder().decode(await runtime.home.data.get(key))) as DropReport);
    return found.length >= atLeast;
  }, 20);
  return found;
}
