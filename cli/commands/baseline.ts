import { existsSync } from 'node:fs';
import path from 'node:path';
import type { Command as Program } from 'commander';
import { MODEL_FILES } from '../../platform/model-folder.ts';
import type { RemadeBaselineView } from '../../usecases/baseline/model-folder-view.ts';
import { type GlobalOptions, type Io, print } from '../context.ts';
import { UsageError } from '../errors.ts';
import { addLimitOptions, type LimitOptions, withinLimits } from '../limit-options.ts';
import { errorMeasures } from '../output/error-measures.ts';

/** Makes the baseline of a model folder anew, of other reference data or under a corrected contract. */
export function addBaseline(program: Program, io: Io, options: () => GlobalOptions): void {
  const command = program
    .command('baseline <folder>')
    .description('make baseline.json of a model folder anew from reference data; nothing else is changed')
    .requiredOption('--data <file>', 'reference data, as of init: a table, or requests in a .jsonl');
  addLimitOptions(command).action(
    async (folder: string, { data, ...limits }: LimitOptions & { readonly data: string }) => {
      for (const file of [folder, data]) if (!existsSync(file)) throw new UsageError(`no such file: ${file}`);
      const made = await withinLimits(path.join(folder, MODEL_FILES.model), limits, async (examined) => {
        const { remakeBaseline } = await import('../../usecases/baseline/remake-baseline.ts');
        return remakeBaseline(folder, data, examined, new Date());
      });
      print(io, options(), made, formatRemade);
    },
  );
}

function formatRemade({ file, rows, chunks, performance, before }: RemadeBaselineView): string {
  return [
    `${file}: ${rows} rows in ${chunks} stretches${before === null ? '' : `, before ${before.rows} in ${before.chunks}`}`,
    ...performanceLines(performance, before?.performance ?? null),
    `  then: trimtab register ${path.dirname(file)}`,
  ].join('\n');
}

type Performance = RemadeBaselineView['performance'];

/** How good it is on the new reference, and was on the one before. */
function performanceLines(now: Performance, before: Performance): string[] {
  if (now === null) return [];
  const [text, former] = [measuresOf(now), before === null ? '' : measuresOf(before)];
  return text === '' ? [] : [`  ${text} of ${now.rows} labelled rows${former === '' ? '' : `, before ${former}`}`];
}

const measuresOf = (performance: NonNullable<Performance>): string =>
  [
    ...errorMeasures(performance),
    ...(performance.errorRate === undefined ? [] : [`wrong on ${(100 * performance.errorRate).toFixed(1)} %`]),
  ].join(', ');
