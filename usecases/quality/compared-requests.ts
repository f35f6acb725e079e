import { ownValue } from '../../core/model/own-value.ts';
import type { ModelVersion } from '../../core/registry/version.ts';
import { readJsonLines } from '../../platform/json-lines.ts';
import { type LabelledRow, MAX_COMPARED, type RowCounts, type TakeRows } from './labelled-row.ts';
import { NotReplayableError } from './not-replayable-error.ts';

/** Requests asked about at a time: each may hold a picture. */
const BATCH = 16;
/** How a file of requests is called. */
const JSON_LINES = /\.(jsonl|ndjson)$/i;

/** The first input of the versions that no features make up: a whole tensor, which no table has a column for. */
export function wholeInput(versions: readonly ModelVersion[]): { version: number; input: string } | undefined {
  for (const { version, manifest, signature } of versions) {
    const carried = new Set(manifest.contract.features.map(({ input, name }) => input ?? name));
    const whole = signature.inputs.find(({ name }) => !carried.has(name));
    if (whole !== undefined) return { version, input: whole.name };
  }
  return undefined;
}

/**
 * Labelled requests of a file of JSON lines, each an instance as TensorFlow Serving's row format has it, with the label
 * beside its inputs.
 *
 * @throws JsonLinesError when a line is no object
 * @throws NotReplayableError when the file is none of JSON lines
 */
export async function requestsOfFile(
  file: string,
  label: string,
  { version, input }: { readonly version: number; readonly input: string },
  take: TakeRows,
): Promise<RowCounts> {
  if (!JSON_LINES.test(file))
    throw new NotReplayableError(
      `version ${version} takes input ${input}, a whole tensor, which no table has a column for: ` +
        'give requests as JSON lines (.jsonl, .ndjson), each with its inputs and the label',
    );
  let all = 0;
  for await (const _line of readJsonLines(file)) all++;
  const every = Math.max(1, Math.ceil(all / MAX_COMPARED));
  let [number, given, unknown, batch]: [number, number, number, LabelledRow[]] = [0, 0, 0, []];
  const flush = async (): Promise<void> => {
    if (batch.length > 0) await take(batch);
    batch = [];
  };
  for await (const line of readJsonLines(file)) {
    const { [label]: _, ...features } = line;
    const truth = ownValue(line, label);
    const id = String(number++);
    if ((number - 1) % every !== 0) continue;
    if (truth === null || truth === undefined || truth === '') {
      unknown++;
      continue;
    }
    batch.push({ id, unit: id, truth: String(truth), features });
    given++;
    if (batch.length === BATCH) await flush();
  }
  await flush();
  return { given, unknown, leftOut: all - given - unknown };
}
