import { rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Baseline } from '../../core/profile/profile.ts';
import { MODEL_FILES, readModelFolder } from '../../platform/model-folder.ts';
import type { ExaminedModel } from '../../platform/onnx/examine.ts';
import { buildBaseline } from './build-baseline.ts';
import type { RemadeBaselineView } from './model-folder-view.ts';

/**
 * Makes the baseline of a model folder anew, by the contract that its manifest has now, and writes it in the place of
 * the one that is there, if any.
 *
 * @throws ModelFolderError when the folder is none
 * @throws FileRejectedError, JsonLinesError when the data is not what the contract takes
 */
export async function remakeBaseline(
  folder: string,
  dataFile: string,
  { file, signature, open }: ExaminedModel,
  now: Date,
): Promise<RemadeBaselineView> {
  const { manifest, baseline: before } = await readModelFolder(folder, signature, file);
  const baseline = await buildBaseline({ dataFile, open, manifest, signature, now });
  const target = path.join(folder, MODEL_FILES.baseline);
  await writeFile(`${target}.new`, `${JSON.stringify(baseline)}\n`);
  await rename(`${target}.new`, target);
  return { file: target, ...summaryOf(baseline), before: before === undefined ? null : summaryOf(before.value) };
}

const summaryOf = ({ profile, chunks, performance }: Baseline): NonNullable<RemadeBaselineView['before']> => ({
  rows: profile.rows,
  chunks: chunks.length,
  performance: performance ?? null,
});
